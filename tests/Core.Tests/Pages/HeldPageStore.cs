using System.Collections.Concurrent;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>Where <see cref="HeldPageStore"/> can stop a caller.</summary>
internal enum StoreStep
{
    /// <summary>A read that did not wait has missed, and its caller does not know yet. Blocks the caller.</summary>
    Missed,

    /// <summary>A write is about to begin.</summary>
    Begin,

    /// <summary>A page is about to be committed. While this is held nothing is written before the commit.</summary>
    Commit,

    /// <summary>Pages are about to be dropped.</summary>
    Drop,
}

/// <summary>A real page store whose callers a test can stop between two steps.</summary>
internal sealed class HeldPageStore(IPageStore inner) : IPageStore
{
    private readonly ConcurrentDictionary<StoreStep, UfsHold> _holds = new();

    /// <summary>Whoever comes to this step waits from now on, until the hold is released.</summary>
    public UfsHold Hold(StoreStep step) => _holds[step] = new UfsHold();

    public void ReleaseAll()
    {
        foreach (UfsHold hold in _holds.Values)
            hold.Release();
    }

    public PageRead TryRead(FileRef file, long page, int offset, Span<byte> destination)
    {
        PageRead read = inner.TryRead(file, page, offset, destination);
        if (read == PageRead.Miss)
            PassAsync(StoreStep.Missed).GetAwaiter().GetResult();
        return read;
    }

    public ValueTask<bool> ReadAsync(FileRef file, long page, int offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        inner.ReadAsync(file, page, offset, destination, cancellationToken);

    public bool Contains(FileRef file, long page) => inner.Contains(file, page);

    public bool MayHold(UfsIdentity identity, string key) => inner.MayHold(identity, key);

    public long CachedBytes(FileRef file) => inner.CachedBytes(file);

    public async ValueTask<IPageWrite?> BeginWriteAsync(FileRef file, long page, CancellationToken cancellationToken)
    {
        await PassAsync(StoreStep.Begin);
        return await inner.BeginWriteAsync(file, page, cancellationToken) is { } write ? new HeldWrite(this, write) : null;
    }

    public BackingLease? TryLease(FileRef file, long offset, long length) => inner.TryLease(file, offset, length);

    public bool TryMap(FileRef file, long offset, int length, out MappedPages pages) => inner.TryMap(file, offset, length, out pages);

    public BackingLease? TryHandOver(FileRef file) => inner.TryHandOver(file);

    public async Task<DroppedPages> DropAsync(UfsIdentity identity, string key, bool recursive, CancellationToken cancellationToken)
    {
        await PassAsync(StoreStep.Drop);
        return await inner.DropAsync(identity, key, recursive, cancellationToken);
    }

    public async Task<DroppedPages> DropAsync(FileRef file)
    {
        await PassAsync(StoreStep.Drop);
        return await inner.DropAsync(file);
    }

    public Task<DroppedPages> CountAsync(UfsIdentity identity, string key, bool recursive, CancellationToken cancellationToken) =>
        inner.CountAsync(identity, key, recursive, cancellationToken);

    public PageMap Describe(FileRef file, int maxRuns) => inner.Describe(file, maxRuns);

    public void SetQuotas(IReadOnlyDictionary<UfsIdentity, long> quotas) => inner.SetQuotas(quotas);

    public long BytesOf(UfsIdentity identity) => inner.BytesOf(identity);

    public Task EvictionEndedAsync() => inner.EvictionEndedAsync();

    public IReadOnlyList<StoreDirectoryStatus> GetStatus() => inner.GetStatus();

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private Task PassAsync(StoreStep step) => _holds.TryGetValue(step, out UfsHold? hold) ? hold.WaitAsync(CancellationToken.None) : Task.CompletedTask;

    private sealed class HeldWrite(HeldPageStore store, IPageWrite write) : IPageWrite
    {
        public void Offer(ReadOnlySpan<byte> begin)
        {
            if (!store._holds.ContainsKey(StoreStep.Commit))
                write.Offer(begin);
        }

        public async ValueTask<bool> CommitAsync(ReadOnlyMemory<byte> page)
        {
            await store.PassAsync(StoreStep.Commit);
            return await write.CommitAsync(page);
        }

        public ValueTask DisposeAsync() => write.DisposeAsync();
    }
}
