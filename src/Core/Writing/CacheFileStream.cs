using Orleans.Cache.Files;

namespace Orleans.Cache.Writing;

/// <summary>A cached file from its first byte to its last, as the content of a write. Forward only; nothing to dispose.</summary>
internal sealed class CacheFileStream(CacheFile file) : ForwardStream
{
    private long _position;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await file.ReadAsync(_position, buffer, file.Ref.Length - _position, cancellationToken).ConfigureAwait(false);
        _position += read;
        return read;
    }
}
