using System.Diagnostics;
using System.Globalization;
using Orleans.Cache.Bench.Reports;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Bench;

/// <summary>
/// The hash ring: look-ups beside rendezvous hashing (the baseline: perfectly simple, one hash a node), rebuild time, memory,
/// imbalance, and what a join moves, of which the moved part of 10 billion files follows on paper.
/// </summary>
internal static class RingBench
{
    private const int Lookups = 2_000_000;
    private const double TenBillion = 1e10;

    public static void Run(int rounds)
    {
        RingKey[] keys = [.. Enumerable.Range(0, 1 << 16).Select(i => RingKey.OfFile(new UfsIdentity("s3://bucket"), $"train/shard-{i:000000}.tar"))];
        var table = new Table("nodes", "build ms", "MiB", "look-up ns", "3 owners ns", "rendezvous ns", "max / mean", "moved by a join x nodes", "of 10 billion files move");
        foreach (int nodes in (int[])[3, 10, 100, 1000])
            table.Add(Row(nodes, rounds, keys));
        table.Print();
        Console.WriteLine($"Hashing a key of {"train/shard-000000.tar".Length} characters: {Nanoseconds(rounds, keys, i => RingKey.OfFile(new UfsIdentity("s3://bucket"), "train/shard-000000.tar").Value):0} ns.");
    }

    private static string[] Row(int nodes, int rounds, RingKey[] keys)
    {
        RingMember[] members = [.. Enumerable.Range(0, nodes + 1).Select(i => new RingMember($"node-{i}", new Uri("http://10.0.0.1:28080")))];
        double build = Enumerable.Range(0, rounds).Select(_ => Milliseconds(() => GC.KeepAlive(new HashRing(1, members[..nodes])))).Order().ElementAt(rounds / 2);
        var ring = new HashRing(1, members[..nodes]);
        var grown = new HashRing(2, members);
        ulong[] names = [.. members[..nodes].Select((_, i) => (ulong)i * 0x9E3779B97F4A7C15)];
        double moved = grown.Shares()[grown.Members.Index().Single(m => m.Item == members[nodes]).Index];
        return
        [
            Text(nodes, "0"), Text(build, "0.0"), Text(ring.MemoryBytes / 1048576.0, "0.0"),
            Text(Nanoseconds(rounds, keys, key => (ulong)ring.Owner(key)!.Name.Length), "0"),
            Text(Nanoseconds(rounds, keys, key => (ulong)ring.Owners(key, 3).Count, Lookups / 10), "0"),
            Text(Nanoseconds(rounds, keys, key => Rendezvous(names, key.Value), Lookups / nodes), "0"),
            Text(ring.Shares().Max() * nodes, "0.000"), Text(moved * (nodes + 1), "0.000"), Text(moved * TenBillion, "#,0"),
        ];
    }

    private static ulong Rendezvous(ulong[] names, ulong key)
    {
        ulong best = 0, owner = 0;
        foreach (ulong name in names)
        {
            ulong score = (name ^ key) * 0xC2B2AE3D27D4EB4F;
            score = (score ^ (score >> 29)) * 0x165667B19E3779F9;
            score ^= score >> 32;
            if (score > best)
                (best, owner) = (score, name);
        }
        return owner;
    }

    /// <summary>Median of the rounds, per call.</summary>
    private static double Nanoseconds(int rounds, RingKey[] keys, Func<RingKey, ulong> look, int calls = Lookups)
    {
        ulong sum = 0;
        double[] measured = [.. Enumerable.Range(0, rounds + 1).Select(_ => Milliseconds(() =>
        {
            for (int i = 0; i < calls; i++)
                sum += look(keys[(i * 40503) & (keys.Length - 1)]);
        }) * 1e6 / calls).Skip(1).Order()];
        GC.KeepAlive(sum);
        return measured[rounds / 2];
    }

    private static double Milliseconds(Action action)
    {
        long started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
