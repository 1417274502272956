using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Files;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Gateway.S3.Objects;

/// <summary>Ranges of cached files, one after the other, as the content of a write. Each file is opened when its turn comes.</summary>
/// <param name="pieces">Opens a file and says which bytes of it.</param>
internal sealed class FileRanges(IReadOnlyList<Func<CancellationToken, ValueTask<(CacheFile File, ByteRange Range)>>> pieces) : ForwardStream
{
    private CacheFile? _file;
    private ByteRange _range;
    private long _position;
    private int _next;

    /// <summary>One range of one file.</summary>
    public static FileRanges Of(CacheFile file, ByteRange range) => new([_ => new((file, range))]);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_file is null || _position == _range.Length)
        {
            if (_next == pieces.Count)
                return 0;
            (_file, _range) = await pieces[_next++](cancellationToken).ConfigureAwait(false);
            _position = 0;
        }
        long left = _range.Length - _position;
        Memory<byte> target = buffer.Length > left ? buffer[..(int)left] : buffer;
        int read = await _file.ReadAsync(_range.Start + _position, target, left, cancellationToken).ConfigureAwait(false);
        if (read == 0 && !target.IsEmpty)
            throw CacheException.Changed(_file.Status.Path.Value);
        _position += read;
        return read;
    }
}
