using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.WebUtilities;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class RangeAnswerTests
{
    private static readonly byte[] Large = Bytes(3 * RestHost.PageSize + 777);

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=10-19", 10, 10)]
    [InlineData("bytes=100-", 100, 197_285)]
    [InlineData("bytes=-5", 197_380, 5)]
    [InlineData("bytes=-999999", 0, 197_385)]
    [InlineData("bytes=65530-65545", 65_530, 16)]
    [InlineData("bytes=197384-99999999999999999999999", 197_384, 1)]
    [InlineData("BYTES=0-0", 0, 1)]
    [InlineData("bytes=7-7, 900000-", 7, 1)]
    public async Task One_range_is_answered_with_exactly_its_bytes(string range, int start, int length)
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Large);
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f", ("Range", range));
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal($"bytes {start}-{start + length - 1}/{Large.Length}", response.Content.Headers.ContentRange!.ToString());
        Assert.Equal(length, response.Content.Headers.ContentLength);
        Assert.Equal(Large[start..(start + length)], await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("bytes=197385-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=5-2")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=")]
    [InlineData("bytes=,")]
    [InlineData("bytes=0-1,x")]
    [InlineData("bytes=0-,0-")]
    [InlineData("bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15,16-16")]
    public async Task A_range_that_cannot_or_should_not_be_given_is_416(string range)
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Large);
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f", ("Range", range));
        Assert.Contains("ask", (await RestHost.ProblemAsync(response, 416, "range-not-satisfiable")) + " ask", StringComparison.Ordinal);
        Assert.Equal($"bytes */{Large.Length}", response.Content.Headers.ContentRange!.ToString());
    }

    [Fact]
    public async Task A_unit_that_is_not_bytes_is_ignored()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f", Large);
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f", ("Range", "pages=0-1"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Large, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Several_ranges_come_as_parts_in_the_order_asked()
    {
        await using RestHost host = await RestHost.StartAsync();
        await host.PutAsync("f.txt", Large);
        (int Start, int Length)[] ranges = [(65_000, 2000), (0, 1), (197_380, 5)];
        using HttpResponseMessage response = await host.GetAsync("/api/v1/files/data/f.txt", ("Range", "bytes=65000-66999, 0-0, -5"));
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Null(response.Content.Headers.ContentRange);
        Assert.Equal("multipart/byteranges", response.Content.Headers.ContentType!.MediaType);
        byte[] body = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);

        string boundary = response.Content.Headers.ContentType.Parameters.Single(p => p.Name == "boundary").Value!;
        var reader = new MultipartReader(boundary, new MemoryStream(body));
        foreach ((int start, int length) in ranges)
        {
            MultipartSection section = (await reader.ReadNextSectionAsync())!;
            Assert.Equal("text/plain", section.ContentType);
            Assert.Equal($"bytes {start}-{start + length - 1}/{Large.Length}", section.Headers!["Content-Range"].ToString());
            using var part = new MemoryStream();
            await section.Body.CopyToAsync(part);
            Assert.Equal(Large[start..(start + length)], part.ToArray());
        }
        Assert.Null(await reader.ReadNextSectionAsync());
    }

    [Fact]
    public async Task Random_ranges_of_random_files_give_what_an_array_gives()
    {
        await using RestHost host = await RestHost.StartAsync();
        Gen<(int Length, int First, int Last)> cases =
            from length in Gen.Choose(1, 3 * RestHost.PageSize)
            from first in Gen.Choose(-10, length + 10)
            from last in Gen.Choose(-10, length + 10)
            select (length, first, last);
        foreach ((int length, int first, int last) in cases.Sample(150))
        {
            byte[] model = Bytes(length);
            // Under the strict mount: the file changes with each round.
            await host.PutAsync("r", model, host.Deep);
            string range = first < 0 ? $"bytes={first}" : last < 0 ? $"bytes={first}-" : $"bytes={first}-{last}";
            using HttpResponseMessage response = await host.GetAsync("/api/v1/files/deep/er/r", ("Range", range));
            int start = first < 0 ? Math.Max(0, length + first) : first;
            int end = first < 0 || last < 0 ? length : Math.Min(length, last + 1);
            if (start >= end)
            {
                Assert.Equal(416, (int)response.StatusCode);
                continue;
            }
            Assert.Equal(206, (int)response.StatusCode);
            Assert.Equal(model[start..end], await response.Content.ReadAsByteArrayAsync());
        }
    }

    internal static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new System.Random(length).NextBytes(bytes);
        return bytes;
    }
}
