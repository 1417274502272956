using System.Diagnostics;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>How soon the others say that a node is no member any more.</summary>
internal static class MembershipWatch
{
    public static async Task GoneWithinAsync(NodeCluster cluster, int index, TimeSpan limit, ITestOutputHelper output, params int[] others)
    {
        long began = Stopwatch.GetTimestamp();
        await NodeProcess.UntilAsync(
            async () => !(await Task.WhenAll(others.Select(i => NodeCluster.IsMemberAsync(cluster[i], index)))).Contains(true),
            $"{NodeCluster.NameOf(index)} as a member, which it is not any more");
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        output.WriteLine($"{NodeCluster.NameOf(index)} was no member any more after {took.TotalSeconds:0.00} s");
        Assert.True(took <= limit, $"The others declared {NodeCluster.NameOf(index)} dead only after {took}.");
    }
}
