namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>Anonymous memory of a process over time: does it grow with what the process has done?</summary>
internal sealed class MemoryTrack(NodeProcess node)
{
    /// <summary>Heaps breathe: a collection more or less, a burst of buffers.</summary>
    private const double Tolerance = 1.25;

    private const long Slack = 32L << 20;

    private readonly List<long> _samples = [];

    public void Sample() => _samples.Add(node.ReadRssAnon());

    public override string ToString() => string.Join(", ", _samples.Where((_, i) => i % Math.Max(1, _samples.Count / 20) == 0).Select(s => s >> 20)) + " MiB";

    /// <summary>The last third is not above the second: the first is what warms up.</summary>
    public void ExpectFlat()
    {
        int third = _samples.Count / 3;
        Assert.NotEqual(0, third);
        long before = Median(_samples[third..(2 * third)]), after = Median(_samples[(2 * third)..]);
        Assert.True(after <= Tolerance * before + Slack, $"Memory grew from {before >> 20} to {after >> 20} MiB: {this}");
    }

    private static long Median(List<long> samples) => samples.Order().ElementAt(samples.Count / 2);
}
