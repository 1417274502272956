using Orleans.Cache.Identity;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Core.Tests.Filling;

/// <summary>A page store whose writes wait until the test lets them go on, as they wait for room or for their file's turn.</summary>
internal sealed class GatedPageStore(IPageStore inner) : IPageStore
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a write has passed the gate and ended.</summary>
    public Task Written => _written.Task;

    public void Open() => _gate.SetResult();

    public PageRead TryRead(FileRef file, long page, int offset, Span<byte> destination) => inner.TryRead(file, page, offset, destination);

    public ValueTask<bool> ReadAsync(FileRef file, long page, int offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        inner.ReadAsync(file, page, offset, destination, cancellationToken);

    public bool Contains(FileRef file, long page) => inner.Contains(file, page);

    public long CachedBytes(FileRef file) => inner.CachedBytes(file);

    public async ValueTask<bool> WriteAsync(FileRef file, long page, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await _gate.Task.WaitAsync(cancellationToken);
        bool kept = await inner.WriteAsync(file, page, data, cancellationToken);
        _written.TrySetResult();
        return kept;
    }

    public BackingLease? TryLease(FileRef file, long offset, long length) => inner.TryLease(file, offset, length);

    public Task<DroppedPages> DropAsync(UfsIdentity identity, string key, bool recursive, CancellationToken cancellationToken) =>
        inner.DropAsync(identity, key, recursive, cancellationToken);

    public IReadOnlyList<StoreDirectoryStatus> GetStatus() => inner.GetStatus();

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
