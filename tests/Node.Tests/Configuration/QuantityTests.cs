using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Node.Tests.Configuration;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("1k", 1024)]
    [InlineData("1KB", 1000)]
    [InlineData("1KiB", 1024)]
    [InlineData("512MB", 512_000_000)]
    [InlineData("1g", 1L << 30)]
    [InlineData("10GiB", 10L << 30)]
    [InlineData("1.5 GiB", 3L << 29)]
    [InlineData("2T", 2L << 40)]
    [InlineData("7b", 7)]
    public void Sizes_are_read(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out long read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("-1")]
    [InlineData("1x")]
    [InlineData("1.2.3k")]
    [InlineData("1/2")]
    [InlineData("10 Gi B")]
    [InlineData("99999999999999999999")]
    [InlineData("9000000P")]
    public void Other_texts_are_no_sizes(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(10L << 30, "10 GiB")]
    public void Sizes_are_written(long bytes, string text) => Assert.Equal(text, ByteSize.Format(bytes));

    [Theory]
    [InlineData("100ms", 100)]
    [InlineData("60s", 60_000)]
    [InlineData("1.5s", 1500)]
    [InlineData("5m", 300_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1d", 86_400_000)]
    public void Durations_are_read(string text, int milliseconds)
    {
        Assert.True(Duration.TryParse(text, out TimeSpan read));
        Assert.Equal(milliseconds, read.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("60")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5y")]
    [InlineData("1e999s")]
    [InlineData("99999999999999999d")]
    public void Other_texts_are_no_durations(string text) => Assert.False(Duration.TryParse(text, out _));
}
