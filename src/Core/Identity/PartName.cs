namespace Orleans.Cache.Identity;

/// <summary>
/// Object stores have names that no path can hold: those with empty, "." and ".." parts. Such a part stands in paths with U+0001 behind it: "a//b" is
/// "a/\u0001/b". A part that ends with that character itself gets one more.
/// </summary>
/// <remarks>
/// One to one, and in the same order: no character that a name may hold is smaller. So a listing in the order of the one is in the order of the other.
/// </remarks>
public static class PartName
{
    private const char Mark = '\u0001';

    /// <summary>The component of a path that stands for a part of an object's name.</summary>
    public static string ToPath(string part) => part is "" or "." or ".." || part[^1] == Mark ? part + Mark : part;

    /// <summary>The part of an object's name that a component of a path stands for.</summary>
    public static string OfPath(string component) => component.Length > 0 && component[^1] == Mark ? component[..^1] : component;

    /// <summary>A whole name; no other text than itself where it has no such part.</summary>
    public static string ToPaths(string name) => NeedsMark(name) ? string.Join('/', name.Split('/').Select(ToPath)) : name;

    /// <summary>A whole name again.</summary>
    public static string OfPaths(string path) => path.Contains(Mark) ? string.Join('/', path.Split('/').Select(OfPath)) : path;

    /// <summary>Whether the last part of a path stands for an empty one: the name ends with a slash.</summary>
    public static bool EndsEmpty(ReadOnlySpan<char> path) => path.Length > 0 && path[^1] == Mark && (path.Length == 1 || path[^2] == '/');

    /// <summary>
    /// Whether a path is the one that stands for its name. Others, with a mark that no part needs, stand for nothing: two paths would be one object.
    /// </summary>
    public static bool IsCanonical(string path) => !path.Contains(Mark) || ToPaths(OfPaths(path)) == path;

    private static bool NeedsMark(ReadOnlySpan<char> name)
    {
        foreach (Range range in name.Split('/'))
        {
            ReadOnlySpan<char> part = name[range];
            if (part is "" or "." or ".." || part[^1] == Mark)
                return true;
        }
        return false;
    }
}
