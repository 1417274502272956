using Orleans.Cache.Eviction;

namespace Orleans.Cache.Core.Tests.Eviction;

/// <summary>What the page index relies on. A new policy is one class that derives from this.</summary>
public abstract class EvictionPolicyContract
{
    public abstract IEvictionPolicy Create();

    /// <summary>Managed bytes per entry that the policy may hold.</summary>
    public abstract double MaxBytesPerEntry { get; }

    private static uint HashOf(int entry) => (uint)entry * 2654435761;

    [Fact]
    public void An_empty_policy_has_no_victim()
    {
        IEvictionPolicy policy = Create();
        Assert.False(policy.TryNextVictim(HashOf, out _));
        Assert.Equal(0, policy.Count);
    }

    [Fact]
    public void Pages_that_nobody_reads_leave_in_the_order_in_which_they_came()
    {
        IEvictionPolicy policy = Create();
        int[] entries = [7, 3, 100_000, 0, 65_536, 65_535];
        foreach (int entry in entries)
            policy.Added(entry, (uint)entry);
        var victims = new List<int>();
        while (policy.TryNextVictim(HashOf, out int victim))
            victims.Add(victim);
        Assert.Equal(entries, victims);
    }

    [Fact]
    public void Shares_leave_the_order_among_all_as_it_is_and_each_has_its_own()
    {
        var random = new Random(7);
        (int Entry, int Share)[] all = [.. Enumerable.Range(0, 3000).Select(i => (i, random.Next(1, 5)))];
        IEvictionPolicy plain = Create(), shared = Create(), third = Create(), alone = Create();
        for (int i = 0; i < all.Length; i++)
        {
            plain.Added(i, HashOf(i));
            shared.Added(i, HashOf(i), all[i].Share);
            third.Added(i, HashOf(i), all[i].Share);
            if (all[i].Share == 3)
                alone.Added(i, HashOf(i));
            int touched = random.Next(i + 1);
            foreach (IEvictionPolicy policy in (IEvictionPolicy[])[plain, shared, third])
                policy.Touched(touched);
            if (all[touched].Share == 3)
                alone.Touched(touched);
        }
        Assert.Equal(all.Count(e => e.Share == 2), shared.CountOf(2));
        while (plain.TryNextVictim(HashOf, out int expected))
        {
            Assert.True(shared.TryNextVictim(HashOf, out int victim));
            Assert.Equal(expected, victim);
        }
        while (alone.TryNextVictim(HashOf, out int expected))
        {
            Assert.True(third.TryNextVictim(3, HashOf, out int victim));
            Assert.Equal(expected, victim);
        }
        Assert.False(third.TryNextVictim(3, HashOf, out _));
        Assert.Equal(all.Count(e => e.Share != 3), third.Count);
    }

    [Fact]
    public void Adding_an_entry_twice_is_refused_and_changes_nothing()
    {
        IEvictionPolicy policy = Create();
        policy.Added(1, 1);
        Assert.Throws<InvalidOperationException>(() => policy.Added(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.Added(-1, 1));
        Assert.True(policy.TryNextVictim(HashOf, out int victim));
        Assert.Equal(1, victim);
        Assert.False(policy.TryNextVictim(HashOf, out _));
    }

    [Fact]
    public void Entries_that_are_not_in_are_ignored_when_touched_or_removed()
    {
        IEvictionPolicy policy = Create();
        policy.Touched(12_345_678);
        policy.Removed(12_345_678);
        policy.Added(1, 1);
        policy.Removed(1);
        policy.Removed(1);
        policy.Touched(1);
        Assert.Equal(0, policy.Count);
        Assert.False(policy.TryNextVictim(HashOf, out _));
    }

    [Fact]
    public void A_page_in_use_outlives_one_that_is_not()
    {
        IEvictionPolicy policy = Create();
        for (int i = 0; i < 100; i++)
        {
            policy.Added(i, (uint)i);
            for (int reads = 0; reads < 3; reads++)
                policy.Touched(0);
        }
        for (int i = 0; i < 99; i++)
        {
            Assert.True(policy.TryNextVictim(HashOf, out int victim));
            Assert.NotEqual(0, victim);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_operations_agree_with_a_set(int seed)
    {
        var random = new Random(seed);
        IEvictionPolicy policy = Create();
        var model = new HashSet<int>();
        for (int step = 0; step < 200_000; step++)
        {
            int entry = random.Next(2000);
            switch (random.Next(8))
            {
                case < 3 when model.Add(entry):
                    policy.Added(entry, (uint)random.Next(5000));
                    break;
                case < 5:
                    policy.Touched(entry);
                    break;
                case 5:
                    policy.Removed(entry);
                    model.Remove(entry);
                    break;
                case 6 or 7 when model.Count > random.Next(2000):
                    Assert.True(policy.TryNextVictim(HashOf, out int victim));
                    Assert.True(model.Remove(victim), $"{victim} was not in");
                    break;
            }
            Assert.Equal(model.Count, policy.Count);
        }
        while (policy.TryNextVictim(HashOf, out int victim))
            Assert.True(model.Remove(victim));
        Assert.Empty(model);
    }

    [Fact]
    public void Memory_per_entry_is_as_promised_also_after_the_ghosts_have_come()
    {
        const int Entries = 1_000_000;
        IEvictionPolicy policy = Create();
        for (int i = 0; i < Entries; i++)
            policy.Added(i, (uint)i * 2654435761);
        for (int i = 0; i < Entries; i++)
        {
            Assert.True(policy.TryNextVictim(HashOf, out int victim));
            policy.Added(victim, (uint)(Entries + i) * 2654435761);
        }
        Assert.InRange(policy.MemoryBytes / (double)Entries, 8, MaxBytesPerEntry);
    }

    [Fact]
    public async Task Touches_run_beside_everything_and_bring_nothing_back()
    {
        const int Entries = 500;
        IEvictionPolicy policy = Create();
        using var stop = new CancellationTokenSource();
        var readers = new Task[3];
        for (int r = 0; r < readers.Length; r++)
        {
            var random = new Random(r);
            readers[r] = Task.Run(() =>
            {
                while (!stop.IsCancellationRequested)
                    policy.Touched(random.Next(Entries));
            });
        }
        var model = new HashSet<int>();
        var writer = new Random(42);
        for (int step = 0; step < 100_000; step++)
        {
            int entry = writer.Next(Entries);
            if (model.Add(entry))
            {
                policy.Added(entry, (uint)entry);
            }
            else if (writer.Next(2) == 0)
            {
                policy.Removed(entry);
                model.Remove(entry);
            }
            else
            {
                Assert.True(policy.TryNextVictim(HashOf, out int victim));
                Assert.True(model.Remove(victim), $"{victim} was not in");
            }
            Assert.Equal(model.Count, policy.Count);
        }
        await stop.CancelAsync();
        await Task.WhenAll(readers);
    }
}

public sealed class S3FifoContractTests : EvictionPolicyContract
{
    /// <summary>9 for the entry, one to two for its ghost: the page index has no more to give (24 bytes a page in all).</summary>
    public override double MaxBytesPerEntry => 11.1;

    public override IEvictionPolicy Create() => new S3Fifo();
}

public sealed class LruContractTests : EvictionPolicyContract
{
    /// <summary>8 for its links, 2 for its share.</summary>
    public override double MaxBytesPerEntry => 10.1;

    public override IEvictionPolicy Create() => new Lru();
}
