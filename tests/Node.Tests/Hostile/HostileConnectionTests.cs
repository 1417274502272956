using System.Text;

namespace Orleans.Cache.Node.Tests.Hostile;

/// <summary>Connections that are used in other ways than clients do: half of one, hundreds of requests in one, one request over many seconds.</summary>
public sealed class HostileConnectionTests(HostileNode node) : IClassFixture<HostileNode>
{
    private const int Slow = 300;

    [Theory]
    [InlineData("GET /api/v1/files/data/a", "small")]
    [InlineData("GET /api/v1/status/data/a", "\"length\":5")]
    [InlineData("GET /api/v1/list/data", "\"entries\"")]
    [InlineData("POST /api/v1/free?path=/data/dir/b", "\"freedFiles\"")]
    [InlineData("GET /metrics", "ocache_page_hits_total")]
    [InlineData("GET /api/v1/files/nowhere", "not-found")]
    public async Task A_client_that_has_ended_its_sending_is_answered(string request, string expected)
    {
        RawAnswer answer = await node.AskAsync(request + " HTTP/1.1\r\nHost: node\r\n\r\n");
        Assert.True(answer.IsWhole);
        Assert.Contains(expected, answer.Text, StringComparison.Ordinal);
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task A_client_that_has_ended_its_sending_gets_a_large_cold_file_whole()
    {
        await node.AskAsync("POST /api/v1/free?path=/data/big HTTP/1.1\r\nHost: node\r\n\r\n");
        RawAnswer answer = await node.GetAsync("/api/v1/files/data/big");
        Assert.Equal(node.Big, answer.Body);
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task A_body_that_ends_early_writes_nothing()
    {
        foreach (string framing in new[] { "Content-Length: 100", $"Content-Length: {long.MaxValue}", "Transfer-Encoding: chunked" })
        {
            using RawConnection connection = await node.ConnectAsync();
            await connection.SendAsync($"PUT /api/v1/files/rw/early HTTP/1.1\r\nHost: node\r\n{framing}\r\n\r\n20\r\nhalf of it");
            connection.EndSending();
            await connection.ReadToEndAsync();
            for (int i = 0; i < 20; i++)
            {
                using RawConnection reset = await node.ConnectAsync();
                await reset.SendAsync($"PUT /api/v1/files/rw/early HTTP/1.1\r\nHost: node\r\n{framing}\r\n\r\n20\r\nhalf of it");
                reset.Reset();
            }
        }
        RawAnswer broken = await node.AskAsync("PUT /api/v1/files/rw/early HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFF\r\nx");
        Assert.Equal(400, broken.Status);
        await NodeProcess.UntilAsync(() => Task.FromResult(!Directory.EnumerateFileSystemEntries(node.Writable).Any(f => !f.EndsWith("keep", StringComparison.Ordinal))), "a half-written file");
        Assert.Equal(404, (await node.GetAsync("/api/v1/files/rw/early")).Status);
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task Hundreds_of_pipelined_requests_are_answered_in_their_order()
    {
        const int Rounds = 100;
        var requests = new StringBuilder();
        for (int i = 0; i < Rounds; i++)
        {
            requests.Append($"GET /api/v1/files/data/big HTTP/1.1\r\nHost: node\r\nRange: bytes={i * 20_000}-{(i * 20_000) + i}\r\n\r\n");
            requests.Append($"GET /api/v1/files/data/nothing-{i} HTTP/1.1\r\nHost: node\r\n\r\n");
            requests.Append($"BREW /api/v1/cache?{i} HTTP/1.1\r\nHost: node\r\nContent-Length: 4\r\n\r\nGET ");
            requests.Append($"GET /api/v1/files/data/..?{i} HTTP/1.1\r\nHost: node\r\n\r\n");
            requests.Append($"GET /api/v1/files/data/big HTTP/1.1\r\nHost: node\r\nRange: bytes=9999999-\r\n\r\n");
        }
        IReadOnlyList<RawAnswer> answers = await node.TryAsync(requests.ToString());

        Assert.Equal(5 * Rounds, answers.Count);
        for (int i = 0; i < Rounds; i++)
        {
            Assert.Equal([206, 404, 405, 400, 416], answers.Skip(5 * i).Take(5).Select(a => a.Status));
            Assert.True(answers[5 * i].Body.AsSpan().SequenceEqual(node.Big.AsSpan(i * 20_000, i + 1)));
            Assert.Contains($"nothing-{i}'", answers[(5 * i) + 1].Text.Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        }
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task Rubbish_behind_pipelined_requests_ends_the_connection_after_their_answers()
    {
        string good = string.Concat(Enumerable.Repeat("GET /api/v1/files/data/a HTTP/1.1\r\nHost: node\r\n\r\n", 50));
        IReadOnlyList<RawAnswer> answers = await node.TryAsync(good + "\0rubbish\r\n\r\n" + good);
        Assert.Equal(50, answers.Count(a => a.Text == "small"));
        Assert.Equal(400, answers[^1].Status);
        Assert.Equal(51, answers.Count);
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task A_pipeline_whose_answers_nobody_reads_holds_little()
    {
        using RawConnection connection = await node.ConnectAsync();
        // 400 MiB of answers; the node stops reading requests once the first of them do not get through.
        string requests = string.Concat(Enumerable.Repeat("GET /api/v1/files/data/big HTTP/1.1\r\nHost: node\r\n\r\n", 200));
        await connection.SendAsync(requests);
        await node.AssertUnharmedAsync();
        connection.Reset();
        await node.AssertUnharmedAsync();
    }

    /// <summary>The server's limits: headers within 15 s; bodies at 240 bytes/s after 5 s.</summary>
    [Fact]
    public async Task Slow_request_lines_headers_and_bodies_are_cut_off_and_others_served_meanwhile()
    {
        string[] beginnings =
        [
            "GET /api/v1/files/data/a", "GET /api/v1/files/data/a HTTP/1.1\r\nHost: node\r\nX: ",
            "POST /api/v1/free HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"path\":\"",
        ];
        RawConnection[] slow = await Task.WhenAll(Enumerable.Range(0, Slow).Select(_ => node.ConnectAsync()));
        using var drip = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        await Task.WhenAll(slow.Select((c, i) => c.SendAsync(beginnings[i % beginnings.Length])));
        Task<byte[]>[] endings = [.. slow.Select(c => c.ReadToEndAsync())];
        while (!endings.All(e => e.IsCompleted) && await drip.WaitForNextTickAsync())
            await Task.WhenAll(slow.Where((_, i) => !endings[i].IsCompleted).Select(c => c.SendAsync("x")));

        // A reset may overtake the answer where a last byte was still on its way.
        Assert.All(endings, e => Assert.True(e.Result.Length == 0 || RawAnswer.ParseAll(e.Result).Single().Status == 408, Encoding.Latin1.GetString(e.Result)));
        foreach (RawConnection connection in slow)
            connection.Dispose();
        await node.AssertUnharmedAsync();
    }
}
