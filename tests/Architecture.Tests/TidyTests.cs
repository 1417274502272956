using System.Text.RegularExpressions;
using Orleans.Cache.Architecture.Tests.Reading;

namespace Orleans.Cache.Architecture.Tests;

/// <summary>What a reviewer should not have to look for.</summary>
public sealed partial class TidyTests
{
    private static readonly string[] KindFolders =
        ["Helpers", "Managers", "Utils", "Utilities", "Interfaces", "Enums", "Models", "Exceptions", "Extensions", "Common", "Misc", "Base", "Dto", "Dtos"];

    /// <summary>Where bytes flow or requests are answered: blocking a pool thread there starves everybody.</summary>
    private static readonly string[] BytePath = ["src/Core", "src/UfsConnectors", "src/Gateway", "src/Client", "src/Fuse"];

    [Fact]
    public void No_folder_is_named_after_a_kind_of_type() =>
        Assert.DoesNotContain(
            SourceTree.Folders("src").Concat(SourceTree.Folders("tests")),
            folder => KindFolders.Contains(Path.GetFileName(folder), StringComparer.OrdinalIgnoreCase));

    [Fact]
    public void Core_never_says_silo_or_grain() => Assert.Empty(Hits(SourceTree.Files("src/Core", ".cs"), SiloOrGrain()));

    [Fact]
    public void Nobody_blocks_on_a_task_on_the_byte_path()
    {
        // A result may be taken where the lines just above asked whether it is there; Wait(0) asks and does not wait.
        IEnumerable<string> hits =
            from file in BytePath.SelectMany(folder => SourceTree.Files(folder, ".cs"))
            let lines = CSharpText.CodeOnly(SourceTree.Text(file)).Split('\n')
            from i in Enumerable.Range(0, lines.Length)
            where Blocking().IsMatch(lines[i]) && !lines[Math.Max(0, i - 4)..(i + 1)].Any(l => l.Contains("IsCompleted", StringComparison.Ordinal))
            select $"{file}:{i + 1}: {lines[i].Trim()}";

        Assert.Empty(hits);
    }

    [Fact]
    public void Nothing_is_left_to_do()
    {
        IEnumerable<string> files = SourceTree.Files("", ".cs", ".csproj", ".props", ".sh", ".md", ".yaml").Where(f => !IsThisProject(f));

        Assert.Empty(Hits(files, Unfinished()));
    }

    [Fact]
    public void Nothing_depends_on_the_paths_of_one_machine() =>
        Assert.Empty(Hits(SourceTree.Files("src", ".cs", ".csproj").Concat(SourceTree.Files("eng", ".sh", ".props")), MachinePath()));

    [Fact]
    public void Code_stands_in_file_scoped_namespaces_of_its_folder()
    {
        foreach (string file in SourceTree.Files("src", ".cs").Where(f => Path.GetFileName(f) != "Program.cs"))
        {
            Match match = Namespace().Match(SourceTree.Text(file));
            Assert.True(match.Success, $"{file} has no file-scoped namespace.");
            string[] folders = Path.GetDirectoryName(file)!.Split('/')[2..];
            if (folders.Length > 0)
                Assert.EndsWith("." + string.Join('.', folders), match.Groups[1].Value, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_skipped_test_says_why() =>
        Assert.Empty(Hits(SourceTree.Files("tests", ".cs").Where(f => !IsThisProject(f)), SkipWithoutReason()));

    [Fact]
    public void Every_test_class_that_a_document_names_exists()
    {
        var classes = SourceTree.Files("tests", ".cs").SelectMany(f => DeclaredClass().Matches(SourceTree.Text(f))).Select(m => m.Groups[1].Value)
            .ToHashSet(StringComparer.Ordinal);
        IEnumerable<string> missing =
            from file in SourceTree.Files("docs", ".md")
            from Match name in TestClass().Matches(SourceTree.Text(file))
            where !classes.Contains(name.Value)
            select $"{file}: {name.Value}";

        Assert.Empty(missing);
    }

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        IEnumerable<string> broken =
            from file in SourceTree.Files("", ".md")
            from Match link in Link().Matches(SourceTree.Text(file))
            let target = link.Groups[1].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
            let full = Path.Combine(SourceTree.Root, Path.GetDirectoryName(file)!, target)
            where !File.Exists(full) && !Directory.Exists(full)
            select $"{file}: {target}";

        Assert.Empty(broken);
    }

    [Fact]
    public void Scripts_are_executable()
    {
        if (OperatingSystem.IsWindows())
            return;
        foreach (string script in SourceTree.Files("eng", ".sh").Concat(["run.sh", "test.sh", "ocache", ".ci/run"]))
            Assert.True(File.GetUnixFileMode(Path.Combine(SourceTree.Root, script)).HasFlag(UnixFileMode.UserExecute), script);
    }

    private static IEnumerable<string> Hits(IEnumerable<string> files, Regex pattern) =>
        from file in files
        let lines = SourceTree.Text(file).Split('\n')
        from i in Enumerable.Range(0, lines.Length)
        where pattern.IsMatch(lines[i])
        select $"{file}:{i + 1}: {lines[i].Trim()}";

    /// <summary>These tests spell out what they look for.</summary>
    private static bool IsThisProject(string file) => file.StartsWith("tests/Architecture.Tests", StringComparison.Ordinal);

    [GeneratedRegex(@"\b[Ss]ilos?\b|\b[Gg]rains?\b|[a-z]Silo|[a-z]Grain(?!ed)|\b_?silo[A-Z]|\b_?grain[A-Z]|\bI?Silo[A-Z]|\bI?Grain[A-Z]")]
    private static partial Regex SiloOrGrain();

    [GeneratedRegex(@"\.Result\b|\.Wait\((?!0\b)|\.WaitAll\(|GetAwaiter\(\)\s*\.GetResult\(|Thread\.Sleep\(")]
    private static partial Regex Blocking();

    [GeneratedRegex(@"\b[A-Z]\w+Tests\b(?![./])")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"\bclass (\w+)")]
    private static partial Regex DeclaredClass();

    [GeneratedRegex(@"\b(TODO|HACK|FIXME|XXX)\b|NotImplementedException")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"/(work|tmp|home|Users|root)/|[""']/tmp[""']")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    /// <summary>A reason is at least a few words.</summary>
    [GeneratedRegex(@"Skip\s*=\s*""(\S*|\S+ \S*)""")]
    private static partial Regex SkipWithoutReason();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
