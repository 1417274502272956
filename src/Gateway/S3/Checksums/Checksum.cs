using System.Security.Cryptography;

namespace Orleans.Cache.Gateway.S3.Checksums;

/// <summary>One of the checksums that S3 knows, of bytes as they come. Not for concurrent use.</summary>
internal abstract class Checksum : IDisposable
{
    /// <summary>As headers name it: "crc32", "sha256" ...</summary>
    public abstract string Name { get; }

    public abstract void Append(ReadOnlySpan<byte> data);

    /// <summary>The value as headers carry it. Ends the sum.</summary>
    public abstract string ToBase64();

    public virtual void Dispose()
    {
    }

    public static IReadOnlyList<string> Names { get; } = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

    /// <summary>Null: not a name of one.</summary>
    public static Checksum? Create(string name) => name.ToLowerInvariant() switch
    {
        "crc32" => new Crc32(),
        "crc32c" => new Crc32C(),
        "crc64nvme" => new Crc64Nvme(),
        "sha1" => new Hash("sha1", HashAlgorithmName.SHA1),
        "sha256" => new Hash("sha256", HashAlgorithmName.SHA256),
        _ => null,
    };

    private sealed class Hash(string name, HashAlgorithmName algorithm) : Checksum
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(algorithm);

        public override string Name => name;

        public override void Append(ReadOnlySpan<byte> data) => _hash.AppendData(data);

        public override string ToBase64() => Convert.ToBase64String(_hash.GetHashAndReset());

        public override void Dispose()
        {
            _hash.Dispose();
            base.Dispose();
        }
    }
}
