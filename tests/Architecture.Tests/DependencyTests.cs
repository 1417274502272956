using System.Xml.Linq;
using Orleans.Cache.Architecture.Tests.Reading;

namespace Orleans.Cache.Architecture.Tests;

/// <summary>References go down only. The table is the rule: what is not in it is not allowed.</summary>
public sealed class DependencyTests
{
    private static readonly Dictionary<string, string[]> AllowedProjects = new()
    {
        ["Core"] = [],
        ["Fuse"] = [],
        ["UfsConnectors"] = ["Core", "System.IO.Hashing"], // Stands in for a package; see eng/hashing.
        ["Client"] = ["Core"],
        ["Grains"] = ["Core", "Client"],
        ["Gateway"] = ["Core", "Fuse", "Client"],
        ["Silo"] = ["Core", "Fuse", "UfsConnectors", "Client", "Grains", "Gateway"],
        ["Cli"] = ["Client", "Gateway"],
    };

    /// <summary>The engine and the kernel protocol stay free of everything but logging and options.</summary>
    private static readonly Dictionary<string, string[]> AllowedPackages = new()
    {
        ["Core"] = ["Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options", "Microsoft.CodeAnalysis.BannedApiAnalyzers"],
        ["Fuse"] = ["Microsoft.Extensions.Logging.Abstractions", "Microsoft.CodeAnalysis.BannedApiAnalyzers"],
    };

    private static readonly string[] AspNetProjects = ["Gateway", "Silo"];
    private static readonly string[] OrleansProjects = ["Grains", "Silo"];

    public static TheoryData<string> Projects => [.. SourceTree.Files("src", ".csproj")];

    [Theory]
    [MemberData(nameof(Projects))]
    public void References_go_down_only(string project)
    {
        string name = NameOf(project);
        Assert.True(AllowedProjects.ContainsKey(name), $"{project} is not in the dependency rule; add it there and to ARCHITECTURE.md.");
        string[] referenced = [.. Includes(project, "ProjectReference").Select(NameOf)];

        Assert.Empty(referenced.Except(AllowedProjects[name]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_engine_needs_no_packages_but_abstractions(string project)
    {
        if (AllowedPackages.TryGetValue(NameOf(project), out string[]? allowed))
            Assert.Empty(Includes(project, "PackageReference").Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_front_ends_know_ASPNET_and_only_grains_know_Orleans(string project)
    {
        string name = NameOf(project);
        bool aspNet = Includes(project, "FrameworkReference").Any() || SourceTree.Project(project).Root!.Attribute("Sdk")!.Value.EndsWith(".Web", StringComparison.Ordinal);
        bool orleans = Includes(project, "PackageReference").Any(p => p.StartsWith("Microsoft.Orleans", StringComparison.Ordinal));

        Assert.True(!aspNet || AspNetProjects.Contains(name), $"{project} uses ASP.NET.");
        Assert.True(!orleans || OrleansProjects.Contains(name), $"{project} uses Orleans.");
    }

    [Fact]
    public void Orleans_packages_are_referenced_only_where_they_restore()
    {
        foreach (string project in SourceTree.Files("", ".csproj").Where(p => !p.StartsWith("eng", StringComparison.Ordinal)))
        {
            foreach (XElement reference in SourceTree.Project(project).Descendants("PackageReference"))
            {
                if (reference.Attribute("Include")!.Value.StartsWith("Microsoft.Orleans", StringComparison.Ordinal))
                    Assert.Equal("'$(Orleans)' == 'true'", (reference.Attribute("Condition") ?? reference.Parent!.Attribute("Condition"))?.Value);
            }
        }
    }

    [Fact]
    public void Versions_of_packages_stand_in_one_place()
    {
        foreach (string project in SourceTree.Files("", ".csproj"))
            Assert.DoesNotContain(SourceTree.Project(project).Descendants("PackageReference"), r => r.Attribute("Version") is not null);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = SourceTree.Text("Orleans.Cache.sln").Replace('\\', '/');
        string[] missing = [.. SourceTree.Files("", ".csproj").Where(p => !p.StartsWith("eng", StringComparison.Ordinal) && !solution.Contains(p, StringComparison.Ordinal))];

        Assert.Empty(missing);
    }

    private static IEnumerable<string> Includes(string project, string element) =>
        SourceTree.Project(project).Descendants(element).Select(e => e.Attribute("Include")?.Value).OfType<string>();

    /// <summary>".../Core/Orleans.Cache.Core.csproj" is Core.</summary>
    private static string NameOf(string path) =>
        Path.GetFileName(path).Replace("Orleans.Cache.", "", StringComparison.Ordinal).Replace(".csproj", "", StringComparison.Ordinal);
}
