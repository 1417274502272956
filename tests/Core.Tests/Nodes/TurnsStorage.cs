using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Core.Tests.Nodes;

/// <summary>As a store's connector: each request has a turn, and one whose body is read keeps it.</summary>
internal sealed class TurnsStorage(IUnderStorage inner, int turns) : DelegatingUnderStorage(inner)
{
    private readonly SemaphoreSlim _turns = new(turns);

    public int Free => _turns.CurrentCount;

    public override async ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        await Task.Yield();
        _turns.Release();
        return await Inner.GetStatusAsync(key, cancellationToken);
    }

    public override async ValueTask<IUfsReader> OpenReadAsync(string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        return new TurnReader(await Inner.OpenReadAsync(key, version, offset, length, cancellationToken), _turns);
    }

    public override async ValueTask<FirstBytes?> OpenFirstAsync(string key, int length, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        FirstBytes first = (await Inner.OpenFirstAsync(key, length, cancellationToken))!;
        await Task.Yield();
        return first with { Reader = new TurnReader(first.Reader!, _turns) };
    }

    private sealed class TurnReader(IUfsReader inner, SemaphoreSlim turns) : IUfsReader
    {
        public bool MayPublish => inner.MayPublish;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return await inner.ReadAsync(destination, cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            turns.Release();
        }
    }
}
