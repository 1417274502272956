using Orleans.Cache.Identity;
using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Nodes;

public sealed class HotFilesTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Frequent_files_are_found_among_very_many()
    {
        var hot = new HotFiles(_time);
        for (int i = 0; i < 20_000; i++)
        {
            hot.Sample(CachePath.Parse($"/rare/{i}"));
            if (i % 20 == 0)
                hot.Sample(CachePath.Parse("/hot"));
            if (i % 40 == 0)
                hot.Sample(CachePath.Parse("/warm"));
        }
        Assert.Equal(["/hot", "/warm"], hot.Top(2).Select(f => f.Path.Value));
        // Never less than the truth, and more by at most what a counter held when it was taken over.
        Assert.InRange(hot.Top(1)[0].Opens, 16 * 1000, 16 * 1100);
    }

    [Fact]
    public void What_was_hot_cools_down()
    {
        var hot = new HotFiles(_time);
        for (int i = 0; i < 64; i++)
            hot.Sample(CachePath.Parse("/then"));
        _time.Advance(TimeSpan.FromMinutes(3.5));
        Assert.Equal(16 * 8, Assert.Single(hot.Top(10)).Opens);
        for (int i = 0; i < 9; i++)
            hot.Sample(CachePath.Parse("/now"));
        Assert.Equal("/now", hot.Top(10)[0].Path.Value);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Empty(hot.Top(10));
    }

    [Fact]
    public void One_open_in_sixteen_counts_for_sixteen()
    {
        var hot = new HotFiles(_time);
        for (int i = 0; i < 1600; i++)
            hot.Opened(CachePath.Parse("/f"));
        Assert.Equal(1600, Assert.Single(hot.Top(1)).Opens);
    }
}
