using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Pages.Journal;

/// <summary>Streams the records of one name log through a fixed buffer. Damage is skipped up to the next record's magic.</summary>
internal sealed class NameReader(SafeFileHandle file)
{
    /// <summary>A few of the longest records; reads of this size run at the disk's speed.</summary>
    private const int BufferSize = 4 * NameRecord.MaxSize;

    private readonly byte[] _buffer = new byte[BufferSize];
    private long _position = StoreHeader.Size;
    private int _start;
    private int _end;

    /// <summary>Bytes that belong to no whole record.</summary>
    public long SkippedBytes { get; private set; }

    /// <summary>The next record; it is good until the next call.</summary>
    public bool TryRead(out NameRecord record)
    {
        while (true)
        {
            if (_end - _start < NameRecord.MaxSize)
                Fill();
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, _end - _start);
            if (rest.Length < NameRecord.HeadSize)
            {
                SkippedBytes += rest.Length;
                _start = _end;
                record = default;
                return false;
            }
            int length = NameRecord.ClaimedLength(rest);
            if (length > 0 && length <= rest.Length && NameRecord.TryRead(rest[..length], out record))
            {
                _start += length;
                return true;
            }
            _start++;
            SkippedBytes++;
        }
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        int got;
        while (_end < _buffer.Length && (got = RandomAccess.Read(file, _buffer.AsSpan(_end), _position)) > 0)
        {
            _end += got;
            _position += got;
        }
    }
}
