using System.Buffers;
using System.Text;

namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>Text that is made to be hashed: bytes on the stack as long as they fit there, then in a rented buffer.</summary>
internal ref struct Utf8Text(Span<byte> initial)
{
    private Span<byte> _bytes = initial;
    private byte[]? _rented;

    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _bytes[..Length];

    public void Append(byte one)
    {
        Reserve(1);
        _bytes[Length++] = one;
    }

    public void Append(scoped ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_bytes[Length..]);
        Length += text.Length;
    }

    public void Append(scoped ReadOnlySpan<char> text)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        Length += Encoding.UTF8.GetBytes(text, _bytes[Length..]);
    }

    public override readonly string ToString() => Encoding.UTF8.GetString(Written);

    public readonly void Dispose()
    {
        if (_rented is not null)
            ArrayPool<byte>.Shared.Return(_rented);
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - Length >= more)
            return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _bytes.Length, Length + more));
        Written.CopyTo(larger);
        Dispose();
        _bytes = _rented = larger;
    }
}
