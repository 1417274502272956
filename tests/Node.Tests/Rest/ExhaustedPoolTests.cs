using System.Net;
using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Rest;

/// <summary>Fill buffers really exhausted by a source that stands still: who waits beyond the limit is told to come again, and can.</summary>
public sealed class ExhaustedPoolTests
{
    private const int Files = 8;
    private const int FileBytes = 16 * RestHost.PageSize;

    /// <summary>Two fills have buffers, two wait for them; so half of the files are too many, whichever come first.</summary>
    private static readonly CacheLimits Limits = new()
    {
        MaxFillBytes = FileBytes,
        ReadAheadBytes = 8L * FileBytes,
        FillBufferBytes = 2 * FileBytes,
        MaxFillWaiters = 2,
    };

    /// <summary>Holds: FillBufferPool.RentAsync bounds its waiters, and ProblemKinds says 503 with Retry-After.</summary>
    [Fact]
    public async Task Readers_beyond_the_limit_are_told_503_with_Retry_After_and_all_are_served_once_the_source_goes_on()
    {
        await using RestHost host = await RestHost.StartAsync(cacheLimits: Limits);
        byte[][] contents = await PutFilesAsync(host);
        UfsHold hold = host.Data.Hold(UfsRequest.Open);
        List<Task<HttpResponseMessage>> waiting = await ExhaustAsync(host);
        Assert.DoesNotContain(waiting, w => w.IsCompleted);
        Assert.Equal(Files - 4, (await FiguresAsync(host)).GetProperty("fillsRejected").GetInt64());
        hold.Release();

        foreach (HttpResponseMessage response in await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(30)))
        {
            using (response)
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        for (int i = 0; i < Files; i++)
            Assert.Equal(contents[i], await host.Client.GetByteArrayAsync($"api/v1/files/data/f{i}"));
    }

    /// <summary>Holds: FillRun tells a fill that never got buffers from one whose source is silent.</summary>
    [Fact]
    public async Task Who_waits_too_long_for_memory_or_for_the_source_is_told_which_and_when_to_come_again()
    {
        await using RestHost host = await RestHost.StartAsync(cacheLimits: Limits);
        await PutFilesAsync(host);
        // Or the first two would give their buffers to the others as soon as they fail.
        host.Data.IgnoresCancellation = true;
        UfsHold hold = host.Data.Hold(UfsRequest.Open);
        List<Task<HttpResponseMessage>> waiting = await ExhaustAsync(host);

        host.Time.Advance(Limits.FillProgressTimeout);

        var errors = new List<string?>();
        foreach (HttpResponseMessage response in await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(30)))
        {
            using (response)
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
                Assert.NotNull(response.Headers.RetryAfter);
                errors.Add((await RestHost.ReadJsonAsync(response)).GetProperty("error").GetString());
            }
        }
        Assert.Equal(["overloaded", "overloaded", "unavailable", "unavailable"], errors.Order(StringComparer.Ordinal));
        hold.Release();
    }

    private static async Task<byte[][]> PutFilesAsync(RestHost host)
    {
        var contents = new byte[Files][];
        for (int i = 0; i < Files; i++)
        {
            contents[i] = new byte[FileBytes];
            new Random(i).NextBytes(contents[i]);
            await host.PutAsync($"f{i}", contents[i]);
        }
        return contents;
    }

    /// <summary>Asks for all files at once, and sees to it that those beyond the limit are refused. Gives those that wait.</summary>
    private static async Task<List<Task<HttpResponseMessage>>> ExhaustAsync(RestHost host)
    {
        List<Task<HttpResponseMessage>> waiting = [.. Enumerable.Range(0, Files).Select(i => host.Client.GetAsync($"api/v1/files/data/f{i}"))];

        for (int refused = 0; refused < Files - 4; refused++)
        {
            Task<HttpResponseMessage> first = await Task.WhenAny(waiting).WaitAsync(TimeSpan.FromSeconds(30));
            waiting.Remove(first);
            using HttpResponseMessage response = await first;
            Assert.Equal("overloaded", (await RestHost.ReadJsonAsync(response)).GetProperty("error").GetString());
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
        }
        return waiting;
    }

    private static async Task<JsonElement> FiguresAsync(RestHost host)
    {
        using HttpResponseMessage response = await host.Client.GetAsync("api/v1/cache");
        return await RestHost.ReadJsonAsync(response);
    }
}
