namespace Orleans.Cache.Cli.Copying;

/// <summary>
/// One side of a copy. "oc:/train" is the path /train on the node, everything else is a local path: both may begin with '/', so
/// the node's side is marked, as in docker cp and kubectl cp. A local name that begins so is written "./oc:name".
/// </summary>
internal readonly record struct Place(bool IsOnNode, string Path)
{
    public const string Prefix = "oc:";

    public static Place Parse(string text) =>
        text.StartsWith(Prefix, StringComparison.Ordinal) ? new Place(true, OnNode(text)) : new Place(false, text);

    /// <summary>A path of the cache, from the root, with or without the mark.</summary>
    public static string OnNode(string text)
    {
        string path = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : text;
        return "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The last name of a path: what a copy into a directory is called there.</summary>
    public static string NameOf(string path) => path.TrimEnd('/')[(path.TrimEnd('/').LastIndexOf('/') + 1)..];

    /// <summary>A path below a directory.</summary>
    public static string Below(string directory, string name) => directory.TrimEnd('/') + "/" + name;

    public override string ToString() => IsOnNode ? Prefix + Path : Path;
}
