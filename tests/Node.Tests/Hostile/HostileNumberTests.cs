using System.Globalization;

namespace Orleans.Cache.Node.Tests.Hostile;

/// <summary>Numbers that do not fit, are none, or look like some: what is given is a part of the file, and never more than it holds.</summary>
public sealed class HostileNumberTests(HostileNode node) : IClassFixture<HostileNode>
{
    internal static readonly string[] Numbers =
    [
        "-1", "0", "-0", "00", "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "18446744073709551616", "1e99", "1e2", "0x10", "1.5", "+1", "1_000", "NaN", "Infinity", "", "%20", "1%201", "%D9%A1%D9%A2", "%EF%BC%91", "%00", "1,1", "null",
        new('9', 400),
    ];

    [Fact]
    public async Task Ranges_give_what_the_file_holds_or_are_refused()
    {
        foreach (string number in Numbers.Select(n => Uri.UnescapeDataString(n).Replace("\0", "", StringComparison.Ordinal)))
        {
            foreach (string range in new[] { $"{number}-", $"-{number}", $"0-{number}", $"{number}-{number}", $"{number}-0", $"1-1,{number}-", number })
            {
                // Digits of other scripts travel as the bytes of their UTF-8.
                RawAnswer answer = await node.GetAsync("/api/v1/files/data/big", $"Range: bytes={Bytes(range)}\r\n");
                if (answer.Status == 206)
                    AssertPart(answer);
                else
                    Assert.Contains(answer.Status, new[] { 400, 416 });
            }
        }
        await node.AssertUnharmedAsync();
    }

    [Theory]
    [InlineData("bytes=")]
    [InlineData("bytes")]
    [InlineData("bytes=0-0,")]
    [InlineData("bytes=,,,,,,")]
    [InlineData("bytes==0-0")]
    [InlineData("bytes=0--1")]
    [InlineData("bytes=5-1")]
    [InlineData("bytes=0-0;q=1")]
    [InlineData("bytes=0-0\r\nRange: bytes=1-1")]
    public async Task Ranges_that_are_none_do_not_give_the_whole_file(string range)
    {
        RawAnswer answer = await node.GetAsync("/api/v1/files/data/big", $"Range: {range}\r\n");
        Assert.True(answer.Status is 206 or 400 or 416 || range == "bytes", $"{range}: {answer.Status}");
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task Thousands_of_ranges_do_not_multiply_a_file()
    {
        string thousands = string.Join(',', Enumerable.Range(0, 3000).Select(i => $"{i}-"));
        Assert.Equal(416, (await node.GetAsync("/api/v1/files/data/big", $"Range: bytes={thousands}\r\n")).Status);
        string sixteen = string.Join(',', Enumerable.Repeat("0-", 16));
        Assert.Equal(416, (await node.GetAsync("/api/v1/files/data/big", $"Range: bytes={sixteen}\r\n")).Status);
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task Limits_and_flags_that_are_none_are_refused()
    {
        foreach (string number in Numbers)
        {
            Assert.Equal(400, (await node.GetAsync($"/api/v1/list/data?limit={number}")).Status);
            Assert.Contains((await node.AskAsync($"POST /api/v1/free?path=/data/a&recursive={number} HTTP/1.1\r\nHost: node\r\n\r\n")).Status, new[] { 200, 400 });
        }
        await node.AssertUnharmedAsync();
    }

    private void AssertPart(RawAnswer answer)
    {
        Assert.True(answer.IsWhole);
        if (answer.Headers["Content-Type"].StartsWith("multipart/", StringComparison.Ordinal))
            return;
        string[] range = answer.Headers["Content-Range"]["bytes ".Length..].Split('-', '/');
        int from = int.Parse(range[0], CultureInfo.InvariantCulture), to = int.Parse(range[1], CultureInfo.InvariantCulture);
        Assert.True(answer.Body.AsSpan().SequenceEqual(node.Big.AsSpan(from, to - from + 1)));
    }

    private static string Bytes(string text) => System.Text.Encoding.Latin1.GetString(System.Text.Encoding.UTF8.GetBytes(text));
}
