using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Model.Tests.Broken;

/// <summary>Gives one wrong byte, the one at 5000, as a connector with an arithmetic mistake would.</summary>
internal sealed class WrongByteStorage(IUnderStorage inner) : DelegatingUnderStorage(inner)
{
    private const long Place = 5000;

    public override async ValueTask<IUfsReader> OpenReadAsync(
        string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken) =>
        new Reader(await Inner.OpenReadAsync(key, version, offset, length, cancellationToken), offset);

    private sealed class Reader(IUfsReader inner, long position) : IUfsReader
    {
        private long _position = position;

        public bool MayPublish => inner.MayPublish;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            int read = await inner.ReadAsync(destination, cancellationToken);
            if (Place >= _position && Place < _position + read)
                destination.Span[(int)(Place - _position)] ^= 1;
            _position += read;
            return read;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

/// <summary>Keeps calling a file by the version it first saw, as long as its length stays the same: what a token of length alone would do.</summary>
internal sealed class WeakTokenStorage(IUnderStorage inner) : DelegatingUnderStorage(inner)
{
    private readonly ConcurrentDictionary<(string Key, long Length), FileVersion> _tokens = new();

    public override async ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken) =>
        await Inner.GetStatusAsync(key, cancellationToken) is { } status ? Weakened(status) : null;

    /// <summary>Reads whatever is there.</summary>
    public override ValueTask<IUfsReader> OpenReadAsync(
        string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken) =>
        Inner.OpenReadAsync(key, version: null, offset, length, cancellationToken);

    public override async IAsyncEnumerable<UfsStatus> ListAsync(
        string key, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (UfsStatus status in Inner.ListAsync(key, startAfter, cancellationToken))
            yield return Weakened(status);
    }

    private UfsStatus Weakened(UfsStatus status) =>
        status.IsDirectory ? status : status with { Version = _tokens.GetOrAdd((status.Key, status.Length), status.Version) };
}

/// <summary>Every other answer about a key is the one before: a cache that nobody asked for in front of the source.</summary>
internal sealed class LaggingStorage(IUnderStorage inner) : DelegatingUnderStorage(inner)
{
    private readonly ConcurrentDictionary<string, UfsStatus?> _last = new();

    public override async ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken)
    {
        if (_last.TryRemove(key, out UfsStatus? last))
            return last;
        return _last[key] = await Inner.GetStatusAsync(key, cancellationToken);
    }
}

/// <summary>Leaves the last entry out of every listing.</summary>
internal sealed class ForgetfulStorage(IUnderStorage inner) : DelegatingUnderStorage(inner)
{
    public override async IAsyncEnumerable<UfsStatus> ListAsync(
        string key, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        UfsStatus? last = null;
        await foreach (UfsStatus status in Inner.ListAsync(key, startAfter, cancellationToken))
        {
            if (last is not null)
                yield return last;
            last = status;
        }
    }
}
