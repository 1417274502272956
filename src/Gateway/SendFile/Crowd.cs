namespace Orleans.Cache.Gateway.SendFile;

/// <summary>
/// Gives the memory of a crowd of connections back when it has gone. An idle connection holds about 16 KiB, most of it objects that
/// have grown old; and a node that serves from the kernel's page cache allocates so little that the collector may not look at
/// them again for days: 10,000 connections would leave 160 MiB behind.
/// </summary>
internal sealed class Crowd(TimeProvider time)
{
    /// <summary>Connections that must have gone for a collection to be worth its pause of some ten milliseconds: 16 MiB.</summary>
    private const int Many = 1000;

    /// <summary>Until the last of a crowd has gone too; and a crowd that comes and goes costs one collection in that time.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    private int _present;
    private int _most;
    private int _waiting;

    public void Enter()
    {
        int present = Interlocked.Increment(ref _present);
        // A peak that another one's smaller count overwrites is lost by one or two.
        if (present > Volatile.Read(ref _most))
            Volatile.Write(ref _most, present);
    }

    public void Leave()
    {
        int present = Interlocked.Decrement(ref _present);
        if (Volatile.Read(ref _most) - present >= Many && Interlocked.Exchange(ref _waiting, 1) == 0)
            _ = CollectLaterAsync();
    }

    private async Task CollectLaterAsync()
    {
        await Task.Delay(Settling, time).ConfigureAwait(false);
        Volatile.Write(ref _most, Volatile.Read(ref _present));
        Volatile.Write(ref _waiting, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
