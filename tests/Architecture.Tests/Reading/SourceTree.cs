using System.Xml.Linq;

namespace Orleans.Cache.Architecture.Tests.Reading;

/// <summary>The repository as files: found by walking up from the test's own output to the solution.</summary>
public static class SourceTree
{
    private static readonly string[] Ignored = ["bin", "obj", ".git", "TestResults", "artifacts"];

    public static string Root { get; } = FindRoot();

    /// <summary>Files below a folder of the repository whose names end so, build outputs left out; paths are relative to the root.</summary>
    public static IReadOnlyList<string> Files(string folder, params string[] endings) =>
    [
        .. Walk(Path.Combine(Root, folder))
            .Where(path => endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal)))
            .Select(path => Path.GetRelativePath(Root, path))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>All folders below a folder, relative to the root.</summary>
    public static IReadOnlyList<string> Folders(string folder) =>
        [.. Walk(Path.Combine(Root, folder)).Select(file => Path.GetRelativePath(Root, Path.GetDirectoryName(file)!)).Distinct().Order(StringComparer.Ordinal)];

    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    public static XDocument Project(string path) => XDocument.Parse(Text(path));

    private static IEnumerable<string> Walk(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        return Directory.EnumerateFiles(folder)
            .Concat(Directory.EnumerateDirectories(folder).Where(d => !Ignored.Contains(Path.GetFileName(d))).SelectMany(Walk));
    }

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Orleans.Cache.sln")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository: no Orleans.Cache.sln above them.");
    }
}
