namespace Orleans.Cache.Gateway.S3.Auth;

/// <summary>Who asks, and what of the namespace that is about. Immutable.</summary>
/// <param name="Name">The access key's id; "" for anonymous.</param>
/// <param name="Reads">Prefixes that may be read.</param>
/// <param name="Writes">Prefixes that may be written.</param>
internal sealed record Caller(string Name, IReadOnlyList<string> Reads, IReadOnlyList<string> Writes)
{
    private static readonly string[] Everything = [""];

    public static Caller Nobody { get; } = new("", [], []);

    /// <summary>Whoever asks, where no keys are configured.</summary>
    public static Caller Anybody { get; } = new("", Everything, Everything);

    /// <summary>Nobody whose key is known, of whom answers that others see must not depend.</summary>
    public bool IsPublic { get; private init; }

    /// <summary>What everybody may read, the holder of a key may, too.</summary>
    public static Caller Of(AccessKey key, Caller everybody) => new(key.Id, [.. key.Read, .. everybody.Reads], key.Write);

    public static Caller Public(IEnumerable<string> buckets) => new("", [.. buckets], []) { IsPublic = true };

    public bool MayRead(string bucket, string key) => Covers(Reads, bucket, key);

    public bool MayWrite(string bucket, string key) => Covers(Writes, bucket, key);

    /// <summary>Whether something in the bucket may be read or written.</summary>
    public bool Knows(string bucket) => IsIn(Reads, bucket) || IsIn(Writes, bucket);

    /// <summary>"a" covers bucket a, "a/b" the keys of a that begin with b.</summary>
    private static bool Covers(IReadOnlyList<string> prefixes, string bucket, string key)
    {
        foreach (string prefix in prefixes)
        {
            if (prefix.Length == 0)
                return true;
            int slash = prefix.IndexOf('/');
            ReadOnlySpan<char> its = slash < 0 ? prefix : prefix.AsSpan(0, slash);
            if (its.SequenceEqual(bucket) && (slash < 0 || key.AsSpan().StartsWith(prefix.AsSpan(slash + 1), StringComparison.Ordinal)))
                return true;
        }
        return false;
    }

    private static bool IsIn(IReadOnlyList<string> prefixes, string bucket) =>
        prefixes.Any(p => p.Length == 0 || p == bucket || (p.StartsWith(bucket, StringComparison.Ordinal) && p[bucket.Length] == '/'));
}
