using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages;

/// <summary>What is cached of one under storage, in all store directories together: its bytes, and the quota that they keep to.</summary>
/// <param name="number">The share that its pages belong to in every eviction policy; 0 stands for pages whose name was not read yet.</param>
/// <param name="identity">The under storage.</param>
/// <param name="ledger">Allocated bytes, pages being written included.</param>
/// <param name="evictor">Keeps them below the quota.</param>
internal sealed class StorageSpace(ushort number, UfsIdentity identity, SpaceLedger ledger, Evictor evictor)
{
    public ushort Number => number;

    public UfsIdentity Identity => identity;

    public SpaceLedger Ledger => ledger;

    public Evictor Evictor => evictor;
}

/// <summary>Victims of one under storage: of the store directory that has most of its pages, then of the others.</summary>
internal sealed class StorageVictims(ushort share, Func<IReadOnlyList<DirectoryVictims>> directories) : IVictims
{
    public async Task<bool> EvictAsync(long excess)
    {
        foreach (DirectoryVictims directory in directories().OrderByDescending(d => d.CountOf(share)))
        {
            if (directory.CountOf(share) > 0 && await directory.EvictAsync(excess, share).ConfigureAwait(false))
                return true;
        }
        return false;
    }
}
