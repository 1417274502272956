using System.Collections.Concurrent;
using System.Collections.Frozen;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages;

/// <summary>
/// How much of each under storage is cached, in all store directories of a store, and the quotas.
/// </summary>
/// <remarks>
/// Invariants:
/// - numbers are given out once in a process's life and never again: a page's number says whose it is;
/// - the ledger of a space counts the pages that carry its number, from the reservation of their room to its return; all ledgers together count what the directories' do,
///   but for unlinked files that are still open;
/// - a quota is never exceeded: room is reserved before anything is written. Above 95 % pages of that under storage leave down to 90 %, and never another's. Only when a quota
///   becomes smaller, or names are read after a start, more can be there for the moment that eviction takes.
/// </remarks>
internal sealed class StorageSpaces : IAsyncDisposable
{
    /// <summary>Of whose space nobody asks: numbers are 16 bits in the index.</summary>
    private const int MaxSpaces = ushort.MaxValue;

    private const long Unlimited = long.MaxValue;

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<UfsIdentity, StorageSpace> _byIdentity = new();
    private StorageSpace[] _byNumber = [];
    private FrozenDictionary<UfsIdentity, long> _quotas = FrozenDictionary<UfsIdentity, long>.Empty;
    private DirectoryVictims[] _directories = [];

    public StorageSpaces(TimeProvider time)
    {
        _time = time;
        Unnamed = Add(new UfsIdentity(""));
    }

    /// <summary>Pages that were recovered and whose names were not read yet.</summary>
    public StorageSpace Unnamed { get; }

    /// <summary>The space of an under storage, made where it is new.</summary>
    public StorageSpace Of(UfsIdentity identity)
    {
        if (_byIdentity.TryGetValue(identity, out StorageSpace? known))
            return known;
        lock (_gate)
        {
            if (_byIdentity.TryGetValue(identity, out known))
                return known;
            return _byNumber.Length < MaxSpaces ? Add(identity) : Unnamed;
        }
    }

    public StorageSpace At(ushort number) => Volatile.Read(ref _byNumber)[number];

    /// <summary>Bytes of an under storage that are cached.</summary>
    public long BytesOf(UfsIdentity identity) => _byIdentity.TryGetValue(identity, out StorageSpace? known) ? known.Ledger.Used : 0;

    /// <summary>Sets all quotas; what is above one of them leaves at once.</summary>
    public void SetQuotas(IReadOnlyDictionary<UfsIdentity, long> quotas)
    {
        lock (_gate)
        {
            _quotas = quotas.ToFrozenDictionary();
            foreach (StorageSpace space in _byNumber)
                space.Ledger.Resize(QuotaOf(space.Identity));
        }
        WakeIfFull();
    }

    /// <summary>Where victims are found, told once for each store directory.</summary>
    public void Join(DirectoryVictims directory)
    {
        lock (_gate)
            _directories = [.. _directories, directory];
    }

    public void WakeIfFull()
    {
        foreach (StorageSpace space in Volatile.Read(ref _byNumber))
            space.Evictor.WakeIfFull();
    }

    /// <summary>Completes when no eviction for a quota is under way.</summary>
    public Task Idle => Task.WhenAll(Volatile.Read(ref _byNumber).Select(s => s.Evictor.Idle));

    /// <summary>Ends eviction for quotas; before the directories close.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (StorageSpace space in Volatile.Read(ref _byNumber))
            await space.Evictor.DisposeAsync().ConfigureAwait(false);
    }

    private long QuotaOf(UfsIdentity identity) => _quotas.GetValueOrDefault(identity, Unlimited);

    /// <summary>Under the gate, or in the constructor.</summary>
    private StorageSpace Add(UfsIdentity identity)
    {
        var number = (ushort)_byNumber.Length;
        var ledger = new SpaceLedger(QuotaOf(identity), blockSize: 1);
        var victims = new StorageVictims(number, () => Volatile.Read(ref _directories));
        var space = new StorageSpace(number, identity, ledger, new Evictor(ledger, victims, static () => 0, _time));
        Volatile.Write(ref _byNumber, [.. _byNumber, space]);
        _byIdentity[identity] = space;
        return space;
    }
}
