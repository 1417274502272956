using System.Text;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Pages.Journal;

/// <summary>
/// Keys of which a store directory may hold pages, of whatever version: a bit for each by its hash. "No" is certain once the names of what was there at the start were read; "yes" may be
/// wrong, for bits are shared, and stay when pages leave. It answers what the index cannot, which knows contents by their versions only.
/// </summary>
/// <remarks>2 MiB: with a million files in the directory, one key in seventeen that was never there seems to be; that costs a request, and is never wrong.</remarks>
internal sealed class NamedKeys(bool isComplete)
{
    private const int Bits = 24;

    private readonly long[] _marks = new long[1 << (Bits - 6)];
    private volatile bool _isComplete = isComplete;

    /// <summary>All names that were there at the start have been added.</summary>
    public void Complete() => _isComplete = true;

    public void Add(FileRef file) => Add(PlaceOf(file.Identity.Uri, file.Key));

    public void Add(ReadOnlySpan<byte> identity, ReadOnlySpan<byte> key) => Add(PlaceOf(identity, key));

    public bool MayHold(UfsIdentity identity, string key)
    {
        if (!_isComplete)
            return true;
        int place = PlaceOf(identity.Uri, key);
        return (Volatile.Read(ref _marks[place >> 6]) & (1L << place)) != 0;
    }

    private void Add(int place) => Interlocked.Or(ref _marks[place >> 6], 1L << place);

    private static int PlaceOf(string identity, string key)
    {
        int atMost = Encoding.UTF8.GetMaxByteCount(identity.Length) + Encoding.UTF8.GetMaxByteCount(key.Length);
        Span<byte> bytes = atMost <= 1024 ? stackalloc byte[1024] : new byte[atMost];
        int end = Encoding.UTF8.GetBytes(identity, bytes);
        return PlaceOf(bytes[..end], bytes.Slice(end, Encoding.UTF8.GetBytes(key, bytes[end..])));
    }

    private static int PlaceOf(ReadOnlySpan<byte> identity, ReadOnlySpan<byte> key) => (int)(XxHash64.Of(key, XxHash64.Of(identity)) >> (64 - Bits));
}
