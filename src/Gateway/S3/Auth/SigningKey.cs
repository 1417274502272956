using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>
/// What a secret signs with on one day: four HMACs of it, made once. Each thread keeps the keyed hash that it used last, because setting
/// one up costs as much as signing a request with it.
/// </summary>
/// <param name="day">yyyyMMdd.</param>
/// <param name="bytes">See <see cref="SigV4.SigningKey"/>.</param>
internal sealed class SigningKey(string day, byte[] bytes)
{
    private const int DigestBytes = SHA256.HashSizeInBytes;

    [ThreadStatic]
    private static IncrementalHash? _sha256;

    [ThreadStatic]
    private static (SigningKey Of, IncrementalHash Hash) _keyed;

    public string Day => day;

    /// <summary>What chunks are signed with.</summary>
    public byte[] Bytes => bytes;

    /// <summary>Whether the signature is that of the text; compared in a time that does not tell how much of it is right.</summary>
    /// <param name="signed">What the request says of its signature; its day is this key's.</param>
    /// <param name="canonical">See <see cref="CanonicalText"/>.</param>
    public bool Verifies(scoped in SignedRequest signed, ReadOnlySpan<byte> canonical)
    {
        Span<byte> digest = stackalloc byte[DigestBytes];
        Span<char> hex = stackalloc char[2 * DigestBytes];
        _sha256 ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _sha256.AppendData(canonical);
        _sha256.GetHashAndReset(digest);

        var text = new Utf8Text(stackalloc byte[256]);
        text.Append(SigV4.Algorithm);
        text.Append((byte)'\n');
        text.Append(signed.Date);
        text.Append((byte)'\n');
        signed.AppendScope(ref text);
        text.Append((byte)'\n');
        Convert.TryToHexStringLower(digest, hex, out _);
        text.Append(hex);

        if (_keyed.Of != this)
        {
            _keyed.Hash?.Dispose();
            _keyed = (this, IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, bytes));
        }
        _keyed.Hash.AppendData(text.Written);
        _keyed.Hash.GetHashAndReset(digest);
        text.Dispose();
        Convert.TryToHexStringLower(digest, hex, out _);
        return CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(hex), MemoryMarshal.AsBytes(signed.Signature));
    }
}
