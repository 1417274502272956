using System.Collections.ObjectModel;

namespace Orleans.Cache.UnderStorage;

/// <summary>What an object store keeps of an object beside its bytes. Immutable; equal where it says the same.</summary>
public sealed record UfsAttributes
{
    /// <summary>Headers that S3 keeps with an object as they are, and sends back.</summary>
    public static IReadOnlyList<string> HeaderNames { get; } = ["Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"];

    /// <summary>Nothing but what the store says of every object.</summary>
    public static UfsAttributes None { get; } = new();

    /// <summary>Null: the store's default.</summary>
    public string? ContentType { get; init; }

    /// <summary>By names of <see cref="HeaderNames"/>.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>User metadata; names in small letters, without the store's prefix.</summary>
    public IReadOnlyDictionary<string, string> User { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Characters of all of it: what it weighs in memory.</summary>
    public int Characters => (ContentType?.Length ?? 0) + CharactersOf(Headers) + CharactersOf(User);

    public bool Equals(UfsAttributes? other) =>
        ReferenceEquals(this, other) || (other is not null && ContentType == other.ContentType && AreEqual(Headers, other.Headers) && AreEqual(User, other.User));

    public override int GetHashCode() => HashCode.Combine(ContentType, Headers.Count, User.Count, Characters);

    private static int CharactersOf(IReadOnlyDictionary<string, string> texts)
    {
        int characters = 0;
        foreach ((string name, string value) in texts)
            characters += name.Length + value.Length;
        return characters;
    }

    private static bool AreEqual(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right)
    {
        if (left.Count != right.Count)
            return false;
        foreach ((string name, string value) in left)
        {
            if (!right.TryGetValue(name, out string? other) || other != value)
                return false;
        }
        return true;
    }
}

/// <summary>A write as front-ends of objects make it.</summary>
/// <param name="Condition">What must be there.</param>
/// <param name="Attributes">
/// What to keep beside the bytes. Asked once: with true when the content was read to its end, with false where the store wants it before that: for an upload in parts, whose
/// version is the store's own and no MD5.
/// </param>
public sealed record ObjectWrite(WriteCondition Condition, Func<bool, UfsAttributes> Attributes)
{
    /// <summary>
    /// SHA-256 of the content in small hexadecimal digits, which the content's end confirms: stores sign with it, and need not have it made again. Null: it is not known.
    /// </summary>
    public string? Sha256 { get; init; }
}
