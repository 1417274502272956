using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>
/// One file of texts behind their ids, appended to. Layout in docs/ON_DISK.md.
/// Invariants: a record is never changed; an id is computed from its text whenever it is read, so no damage makes an id mean another
/// text; what follows a bad record is cut off when the file is opened. Not safe for concurrent use.
/// </summary>
internal sealed class PathIdLog : IDisposable
{
    /// <summary>A URL is a path of at most 4,096 bytes below a mount's own.</summary>
    public const int MaxTextBytes = 8 * CacheLimits.KiB;

    private const int HeadBytes = 2 * sizeof(uint);

    private static ReadOnlySpan<byte> Magic => "OCPATHS1"u8;

    private readonly SafeFileHandle _file;

    // By the first half of the id: 24 bytes of key and place a text. Half an id of SHA-256 is as unique as a whole one here; a lookup compares all of it.
    private readonly Dictionary<UInt128, long> _places = [];

    /// <exception cref="IOException">The file cannot be used.</exception>
    public PathIdLog(string path)
    {
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
        Replay();
    }

    public int Count => _places.Count;

    /// <summary>Bytes of the file.</summary>
    public long Length { get; private set; }

    public bool Contains(in PathId id) => _places.ContainsKey(id.High);

    public string? Find(in PathId id)
    {
        if (!_places.TryGetValue(id.High, out long at))
            return null;
        byte[] buffer = new byte[HeadBytes + MaxTextBytes];
        int read = RandomAccess.Read(_file, buffer, at);
        return TryRead(buffer.AsSpan(0, read), out ReadOnlySpan<byte> text) && PathId.Of(text) == id ? Encoding.UTF8.GetString(text) : null;
    }

    /// <summary>Appends a text that is not there; one that is too long is left out.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Add(in PathId id, string text)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes > MaxTextBytes)
            return;
        byte[] record = new byte[HeadBytes + bytes];
        Encoding.UTF8.GetBytes(text, record.AsSpan(HeadBytes));
        BinaryPrimitives.WriteInt32LittleEndian(record, bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(uint)), CheckOf(id));
        RandomAccess.Write(_file, record, Length);
        _places[id.High] = Length;
        Length += record.Length;
    }

    public void Dispose() => _file.Dispose();

    private void Replay()
    {
        byte[] content = new byte[RandomAccess.GetLength(_file)];
        int read = RandomAccess.Read(_file, content, 0);
        ReadOnlySpan<byte> rest = content.AsSpan(0, read);
        if (!rest.StartsWith(Magic))
        {
            RandomAccess.SetLength(_file, 0);
            RandomAccess.Write(_file, Magic, 0);
            Length = Magic.Length;
            return;
        }
        for (Length = Magic.Length; TryRead(rest[(int)Length..], out ReadOnlySpan<byte> text); Length += HeadBytes + text.Length)
            _places[PathId.Of(text).High] = Length;
        RandomAccess.SetLength(_file, Length);
    }

    private static bool TryRead(ReadOnlySpan<byte> record, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (record.Length < HeadBytes)
            return false;
        int bytes = BinaryPrimitives.ReadInt32LittleEndian(record);
        if (bytes is <= 0 or > MaxTextBytes || record.Length < HeadBytes + bytes)
            return false;
        text = record.Slice(HeadBytes, bytes);
        return CheckOf(PathId.Of(text)) == BinaryPrimitives.ReadUInt32LittleEndian(record[sizeof(uint)..]);
    }

    /// <summary>The first bytes of the id: enough to tell a torn record, and computed anyway.</summary>
    private static uint CheckOf(in PathId id) => (uint)(id.High >> 96);
}
