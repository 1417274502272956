namespace Orleans.Cache.Model.Tests.Oracle;

/// <summary>The paths of the model, relative to the mount: few, so that operations meet each other.</summary>
internal static class Universe
{
    public static readonly string[] Directories = ["", "a", "a/b", "c"];

    public static readonly string[] Files = [.. Directories.SelectMany(d => Enumerable.Range(0, 5).Select(i => Below(d, $"f{i}")))];

    public static readonly string[] All = [.. Directories, .. Files];

    private static readonly Dictionary<string, string[]> Children =
        Directories.ToDictionary(d => d, d => All.Where(p => p.Length > 0 && ParentOf(p) == d).Order(StringComparer.Ordinal).ToArray());

    /// <summary>What can be directly in a directory, in ordinal order.</summary>
    public static string[] ChildrenOf(string directory) => Children[directory];

    public static string ParentOf(string path) => path.LastIndexOf('/') is var slash && slash < 0 ? "" : path[..slash];

    public static bool IsWithin(string path, string directory) =>
        directory.Length == 0 || path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal);

    private static string Below(string directory, string name) => directory.Length == 0 ? name : directory + '/' + name;
}
