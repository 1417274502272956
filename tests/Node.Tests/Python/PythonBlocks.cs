using System.Text.RegularExpressions;

namespace Orleans.Cache.Node.Tests.Python;

/// <summary>The code blocks of docs/PYTHON.md by their names; one that continues another is given with it.</summary>
internal static partial class PythonBlocks
{
    private static readonly string Document = File.ReadAllText(Path.Combine(Root(), "docs", "PYTHON.md"));

    public static IReadOnlyDictionary<string, string> All { get; } = Read();

    /// <summary>Fences of any kind in the document, named or not.</summary>
    public static int Fences => AnyFence().Count(Document) / 2;

    private static Dictionary<string, string> Read()
    {
        var blocks = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match block in Block().Matches(Document))
        {
            string before = block.Groups["after"] is { Success: true } after ? blocks[after.Value] : "";
            blocks.Add(block.Groups["name"].Value, before + block.Groups["code"].Value);
        }
        return blocks;
    }

    private static string Root()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Orleans.Cache.sln")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }

    [GeneratedRegex(@"<!-- block: (?<name>\w+)( after (?<after>\w+))? -->\n```python\n(?<code>.*?)```\n", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^```", RegexOptions.Multiline)]
    private static partial Regex AnyFence();
}
