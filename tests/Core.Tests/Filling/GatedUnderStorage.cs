using System.Collections.Concurrent;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Core.Tests.Filling;

/// <summary>A source whose reads stop at a gate that the test opens, and that counts what was asked of it.</summary>
internal sealed class GatedUnderStorage(IUnderStorage inner) : DelegatingUnderStorage(inner)
{
    private readonly ConcurrentQueue<(string Key, long Offset, long Length)> _reads = new();
    private TaskCompletionSource _gate = Opened();

    /// <summary>Reads that were opened, in order.</summary>
    public IReadOnlyCollection<(string Key, long Offset, long Length)> Reads => _reads;

    /// <summary>Thrown by every read, once the gate is open.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What readers say of MayPublish.</summary>
    public bool MayPublish { get; set; } = true;

    /// <summary>A connector whose reads do not notice their token, as a system call on a hung network file system does not.</summary>
    public bool IgnoresCancellation { get; set; }

    /// <summary>Bytes after which each reader stops at the gate.</summary>
    public int StopAfter { get; set; }

    /// <summary>Completes when a read has come to the closed gate.</summary>
    public TaskCompletionSource Arrived { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Close()
    {
        Arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Open() => _gate.TrySetResult();

    public override async ValueTask<IUfsReader> OpenReadAsync(
        string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        _reads.Enqueue((key, offset, length));
        return new Reader(this, await base.OpenReadAsync(key, version, offset, length, cancellationToken));
    }

    private static TaskCompletionSource Opened()
    {
        var gate = new TaskCompletionSource();
        gate.SetResult();
        return gate;
    }

    private sealed class Reader(GatedUnderStorage owner, IUfsReader inner) : IUfsReader
    {
        private int _read;

        public bool MayPublish => owner.MayPublish && inner.MayPublish;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            if (_read >= owner.StopAfter && !owner._gate.Task.IsCompleted)
            {
                owner.Arrived.TrySetResult();
                await owner._gate.Task.WaitAsync(owner.IgnoresCancellation ? default : cancellationToken);
            }
            if (owner.Failure is { } failure)
                throw failure;
            if (_read < owner.StopAfter && destination.Length > owner.StopAfter - _read)
                destination = destination[..(owner.StopAfter - _read)];
            int read = await inner.ReadAsync(destination, owner.IgnoresCancellation ? default : cancellationToken);
            _read += read;
            return read;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
