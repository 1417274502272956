using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Orleans.Cache.Identity;

/// <summary>
/// A normalised absolute path in the cache namespace: "/" or "/a/b". Invariants: starts with '/', no empty, "." or ".."
/// component, no NUL, valid Unicode, at most <see cref="MaxBytes"/> bytes of UTF-8, no trailing slash except the root itself.
/// Comparison is ordinal. Because no value can hold "..", joining one to a mount's root cannot escape it.
/// </summary>
public readonly record struct CachePath : IComparable<CachePath>
{
    /// <summary>PATH_MAX of Linux: a longer path could not be opened through FUSE or a local under storage.</summary>
    public const int MaxBytes = 4096;

    private static readonly string TooLong = $"The path is longer than {MaxBytes} bytes.";

    private readonly string? _value;

    private CachePath(string value) => _value = value;

    public static CachePath Root { get; } = new("/");

    /// <summary>The text, "/" for the default value.</summary>
    public string Value => _value ?? "/";

    public bool IsRoot => Value.Length == 1;

    /// <summary>Last component; empty for the root.</summary>
    public string Name => Value[(Value.LastIndexOf('/') + 1)..];

    /// <summary>The directory that holds this path; the root is its own parent.</summary>
    public CachePath Parent
    {
        get
        {
            int slash = Value.LastIndexOf('/');
            return slash <= 0 ? Root : new CachePath(Value[..slash]);
        }
    }

    /// <summary>Parses text that users write: a missing leading slash is added, double and trailing slashes are dropped.</summary>
    public static bool TryParse(string? text, out CachePath path, [NotNullWhen(false)] out string? error)
    {
        path = Root;
        error = Complaint(text);
        if (error is not null)
            return false;
        if (!IsNormalised(text!))
            text = '/' + string.Join('/', text!.Split('/', StringSplitOptions.RemoveEmptyEntries));
        // Only now: the slash that was added counts too.
        if (Encoding.UTF8.GetByteCount(text!) > MaxBytes)
        {
            error = TooLong;
            return false;
        }
        path = new CachePath(text!);
        return true;
    }

    /// <exception cref="CacheException">InvalidPath, naming what is wrong.</exception>
    public static CachePath Parse(string text) =>
        TryParse(text, out CachePath path, out string? error) ? path : throw new CacheException(CacheError.InvalidPath, error);

    /// <summary>The path of an entry <paramref name="name"/> (one component or a relative path) below this one.</summary>
    /// <exception cref="CacheException">InvalidPath.</exception>
    public CachePath Combine(string name) => name.Length == 0 ? this : Parse(IsRoot ? '/' + name : Value + '/' + name);

    /// <summary>Whether this path is <paramref name="ancestor"/> or lies below it.</summary>
    public bool IsWithin(CachePath ancestor) =>
        ancestor.IsRoot || (Value.StartsWith(ancestor.Value, StringComparison.Ordinal)
            && (Value.Length == ancestor.Value.Length || Value[ancestor.Value.Length] == '/'));

    /// <summary>The part below <paramref name="ancestor"/>, without a leading slash; empty where both are equal.</summary>
    public string RelativeTo(CachePath ancestor) =>
        ancestor.IsRoot ? Value[1..] : Value.Length == ancestor.Value.Length ? "" : Value[(ancestor.Value.Length + 1)..];

    /// <summary>By text, so that the default value is the root.</summary>
    public bool Equals(CachePath other) => string.Equals(Value, other.Value, StringComparison.Ordinal);

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    public int CompareTo(CachePath other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;

    private static string? Complaint(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "The path is empty; write '/' for the root.";
        if (text.Contains('\0'))
            return "The path holds a NUL character, which no under storage can name.";
        if (text.Length > MaxBytes)
            return TooLong;
        foreach (Range range in text.AsSpan().Split('/'))
        {
            if (text.AsSpan(range) is "." or "..")
                return $"The path '{text}' holds a '{text[range]}' component; write the path without it.";
        }
        return HasLoneSurrogate(text) ? "The path is not valid Unicode." : null;
    }

    private static bool IsNormalised(string text) =>
        text[0] == '/' && (text.Length == 1 || text[^1] != '/') && !text.Contains("//", StringComparison.Ordinal);

    private static bool HasLoneSurrogate(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return true;
            i++;
        }
        return false;
    }
}
