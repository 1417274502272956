using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using Orleans.Cache.Node.Tests.Cluster;
using Orleans.Cache.Testing;
using Xunit.Abstractions;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>The packages, as a program outside of the repository has them: it references one, restores, compiles and runs.</summary>
[Collection(ClusterRounds.OneAtATime)]
public sealed class PackageTests(ITestOutputHelper output)
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <UseAppHost>false</UseAppHost>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Orleans.Cache.Client" Version="VERSION" />
          </ItemGroup>
        </Project>
        """;

    /// <summary>
    /// Ours come from the folder and go to one that is thrown away, not to the user's, where another build of the same version would shadow
    /// them; what they need themselves is on this machine already, for the solution was restored.
    /// </summary>
    private const string Sources = """
        <configuration>
          <packageSources>
            <clear />
            <add key="packed" value="FEED" />
          </packageSources>
          <fallbackPackageFolders>
            <add key="restored" value="RESTORED" />
          </fallbackPackageFolders>
          <config>
            <add key="globalPackagesFolder" value="UNPACKED" />
          </config>
        </configuration>
        """;

    [Fact]
    public async Task A_program_that_references_only_the_package_reads_a_node()
    {
        using var work = new TemporaryDirectory();
        using var source = new TemporaryDirectory(onTmpfs: true);
        byte[] content = new byte[3 * CacheLimits.MiB];
        new Random(1).NextBytes(content);
        source.Write("a file", content);
        Directory.CreateDirectory(source["dir"]);
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/data={source.Path}", "--store", $"{work["pages"]}=64MiB");

        await PackAsync(work["feed"]);
        string[] packages = [.. Directory.GetFiles(work["feed"]).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        string version = packages[0]["Orleans.Cache.Client.".Length..^".nupkg".Length];
        Assert.Equal([$"Orleans.Cache.Client.{version}.nupkg", $"Orleans.Cache.Core.{version}.nupkg", $"Orleans.Cache.UfsConnectors.{version}.nupkg"], packages);
        ExpectComplete(work["feed/" + packages[0]]);

        work.Write("app/app.csproj", System.Text.Encoding.UTF8.GetBytes(Project.Replace("VERSION", version, StringComparison.Ordinal)));
        work.Write("app/Program.cs", await File.ReadAllBytesAsync(Path.Combine(Repository.Root, "samples/DotNet/Program.cs")));
        string sources = Sources.Replace("FEED", work["feed"], StringComparison.Ordinal).Replace("UNPACKED", work["unpacked"], StringComparison.Ordinal)
            .Replace("RESTORED", RestoredPackages, StringComparison.Ordinal);
        work.Write("app/nuget.config", System.Text.Encoding.UTF8.GetBytes(sources));
        await RunAsync("dotnet", "build", work["app"], "-c", "Release", "-o", work["built"], "--nologo", "-p:UseSharedCompilation=false");
        string said = await RunAsync("dotnet", work["built/app.dll"], node.Rest.ToString(), "/data");

        Assert.Contains("1 nodes, 1 mounts", said, StringComparison.Ordinal);
        Assert.Contains($"{content.Length} /data/a file", said, StringComparison.Ordinal);
        Assert.Contains("directory /data/dir", said, StringComparison.Ordinal);
        Assert.Contains($"{Convert.ToHexStringLower(SHA256.HashData(content))} /data/a file", said, StringComparison.Ordinal);
        Assert.Contains($"begin with {Convert.ToHexStringLower(content[^4096..^4088])}", said, StringComparison.Ordinal);
        Assert.StartsWith("NotFound: ", (await Programs.RunAsync(Info("dotnet", work["built/app.dll"], node.Rest.ToString(), "/nothing"))).Errors, StringComparison.Ordinal);
    }

    /// <summary>Where the packages of the solution were restored to.</summary>
    private static string RestoredPackages => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>From what was built together with this test.</summary>
    private Task<string> PackAsync(string feed)
    {
        string configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        return RunAsync(Path.Combine(Repository.Root, "eng/pack.sh"), feed, "--no-build", "-p:Configuration=" + configuration);
    }

    private static void ExpectComplete(string package)
    {
        using ZipArchive archive = ZipFile.OpenRead(package);
        string[] entries = [.. archive.Entries.Select(e => e.FullName)];
        Assert.Contains("lib/net10.0/Orleans.Cache.Client.dll", entries);
        Assert.Contains("lib/net10.0/Orleans.Cache.Client.xml", entries);
        Assert.Contains("README.md", entries);
        using var specification = new StreamReader(archive.GetEntry("Orleans.Cache.Client.nuspec")!.Open());
        string text = specification.ReadToEnd();
        Assert.Contains("<license type=\"expression\">MIT</license>", text, StringComparison.Ordinal);
        Assert.Contains("<readme>README.md</readme>", text, StringComparison.Ordinal);
        Assert.Contains("dependency id=\"Orleans.Cache.Core\"", text, StringComparison.Ordinal);
    }

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        long began = Stopwatch.GetTimestamp();
        ProgramResult result = await Programs.RunAsync(Info(program, arguments));
        output.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s: {program} {arguments[0]}");
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        return result.Output;
    }

    /// <summary>Servers that the build would leave running keep our end of their output open.</summary>
    private static ProcessStartInfo Info(string program, params string[] arguments) => new(program, arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        RedirectStandardInput = true,
        Environment = { ["MSBUILDDISABLENODEREUSE"] = "1", ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0", ["DOTNET_CLI_UI_LANGUAGE"] = "en" },
    };
}
