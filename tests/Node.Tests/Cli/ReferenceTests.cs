
namespace Orleans.Cache.Node.Tests.Cli;

/// <summary>Help, the document written from it, and completion: what people see before they run anything.</summary>
[Collection(SharedCliNode.Name)]
public sealed class ReferenceTests(CliNode served)
{
    [Fact]
    public async Task The_document_is_written_from_the_commands()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Orleans.Cache.sln")))
            root = Path.GetDirectoryName(root)!;

        ProgramResult reference = await Programs.RunAsync(Programs.Info("ocache", ["reference"]));

        Assert.True(
            reference.Output == await File.ReadAllTextAsync(Path.Combine(root, "docs", "CLI.md")),
            "docs/CLI.md differs from the commands; write it anew: ./ocache reference > docs/CLI.md");
    }

    [Fact]
    public async Task Every_command_has_examples_and_says_what_its_JSON_is()
    {
        ProgramResult help = await Programs.RunAsync(Programs.Info("ocache", ["--help"]));
        string[] commands = [.. help.Lines.Where(l => l.StartsWith("  ", StringComparison.Ordinal) && char.IsAsciiLetterLower(l[2]) && !l.StartsWith("  ocache", StringComparison.Ordinal))
            .Select(l => l.Trim().Split(' ')[0])];

        Assert.Equal(0, help.ExitCode);
        Assert.Equal(24, commands.Length);
        Assert.Equal(["Files:", "Cache:", "Operations:", "Shell:"], help.Lines.Where(l => l is "Files:" or "Cache:" or "Operations:" or "Shell:"));
        foreach (string command in commands)
        {
            string[] words = command switch { "mount" => ["mount", "ls"], "config" => ["config", "show"], _ => [command] };
            ProgramResult one = await Programs.RunAsync(Programs.Info("ocache", [.. words, "--help"]));
            Assert.Equal(0, one.ExitCode);
            Assert.Contains("Examples:\n  ", one.Output, StringComparison.Ordinal);
            Assert.Contains("With --json:\n  ", one.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("ocache expl", "explain")]
    [InlineData("ocache stat /tree/a/o", "/tree/a/one")]
    [InlineData("ocache ls /tr", "/tree/")]
    [InlineData("ocache cp oc:/bi", "/big")]
    [InlineData("ocache free --dry", "--dry-run")]
    public async Task Bash_completes_commands_options_and_paths_of_the_cache(string line, string expected)
    {
        ProgramResult completed = await RunBashAsync($$"""
            ocache() { dotnet '{{Program}}' "$@"; }
            source <(ocache completion bash)
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}} COMP_WORDS=(ocache)
            _ocache 2>/dev/null
            printf '%s\n' "${COMPREPLY[@]}"
            """);

        Assert.Equal([expected], completed.Lines);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Each_shell_takes_its_script(string shell)
    {
        ProgramResult script = await Programs.RunAsync(Programs.Info("ocache", ["completion", shell]));
        Assert.Equal((0, ""), (script.ExitCode, script.Errors));
        Assert.Contains("[suggest:", script.Output, StringComparison.Ordinal);

        // Where the shell is not installed there is nobody who could object.
        ProgramResult parsed = await RunBashAsync($"command -v {shell} >/dev/null || exit 0; dotnet '{Program}' completion {shell} | {shell} -n");
        Assert.Equal((0, ""), (parsed.ExitCode, parsed.Errors));
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "ocache.dll");

    private Task<ProgramResult> RunBashAsync(string script) => Programs.RunAsync(new("bash", ["-c", script])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        RedirectStandardInput = true,
        Environment = { ["OCACHE_URL"] = served.Node.Rest.ToString() },
    });
}
