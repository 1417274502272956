using System.Text.Json;

namespace Orleans.Cache.Node.Tests.Cli;

/// <summary>What goes wrong is one line that says what to do, and the exit code that docs/CLI.md promises.</summary>
[Collection(SharedCliNode.Name)]
public sealed class FailureTests(CliNode served)
{
    [Theory]
    [InlineData(1, "does not exist", "cp", "oc:/nowhere", ".")]
    [InlineData(1, "does not exist", "head", "/nowhere")]
    [InlineData(1, "does not exist", "rm", "/nowhere")]
    [InlineData(1, "does not exist", "mv", "/nowhere", "/somewhere")]
    [InlineData(1, "does not exist", "load", "/nowhere")]
    [InlineData(1, "does not exist", "explain", "/nowhere")]
    [InlineData(1, "is a directory", "tail", "/tree")]
    [InlineData(1, "not empty", "rm", "/tree")]
    [InlineData(1, "No load job", "load", "/lines", "--stop")]
    [InlineData(2, "copy it with -r", "cp", "oc:/tree", "copy")]
    [InlineData(2, "is on the node", "cp", "here", "there")]
    [InlineData(2, "after --", "stat", "-dash")]
    [InlineData(2, "after --", "cp", "--bogus", "oc:/a", "b")]
    [InlineData(2, "not a list such as", "bench", "/lines", "-c", "0")]
    [InlineData(2, "not a size", "head", "-c", "many", "/lines")]
    [InlineData(2, "--interval", "stats", "-i", "0")]
    [InlineData(2, "not between", "cp", "-j", "0", "oc:/a", "b")]
    [InlineData(2, "a path is missing", "load", "--follow")]
    [InlineData(2, "bash", "completion", "tcsh")]
    [InlineData(2, "Required", "mv", "/a")]
    [InlineData(3, "no node answers", "status", "--url", "http://127.0.0.1:1")]
    [InlineData(3, "no node answers", "cp", "oc:/big", ".", "--url", "http://127.0.0.1:1")]
    [InlineData(4, "no such file", "put", "/nowhere/at/all", "/x")]
    [InlineData(4, "no such file", "cp", "/nowhere/at/all", "oc:/x")]
    [InlineData(4, "no such file", "cp", "oc:/lines", "/nowhere/at/all")]
    [InlineData(4, "no such file", "debug", "-o", "/nowhere/at/all.zip")]
    public async Task Failures_are_one_line_and_an_exit_code(int code, string message, params string[] arguments)
    {
        ProgramResult result = await Programs.RunAsync(
            Programs.Info("ocache", arguments, new Dictionary<string, string> { ["OCACHE_URL"] = served.Node.Rest.ToString() }));

        Assert.Equal((code, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("ocache: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.Single(result.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Doctor_finds_nothing_wrong_with_a_node_that_is_well()
    {
        ProgramResult doctor = await served.Node.OcacheAsync("doctor", "--json");

        JsonElement checks = JsonSerializer.Deserialize<JsonElement>(doctor.Output).GetProperty("checks");
        Assert.Equal(0, doctor.ExitCode);
        Assert.DoesNotContain(checks.EnumerateArray(), c => c.GetProperty("result").GetString() == "failure");
        Assert.Contains(checks.EnumerateArray(), c => c.GetProperty("name").GetString() == "version" && c.GetProperty("result").GetString() == "ok");
        Assert.Superset(
            new HashSet<string?> { "reachable", "clock", "ready", "mount", "version", "store", "memory", "descriptors", "under storage" },
            checks.EnumerateArray().Select(c => c.GetProperty("name").GetString()).ToHashSet());
    }

    [Fact]
    public async Task Doctor_says_what_to_do_where_no_node_answers()
    {
        ProgramResult doctor = await Programs.RunAsync(Programs.Info("ocache", ["doctor", "--url", "http://127.0.0.1:1"]));

        Assert.Equal((1, ""), (doctor.ExitCode, doctor.Errors));
        Assert.StartsWith("failure  reachable", doctor.Output, StringComparison.Ordinal);
        Assert.Contains("-> Start it with ./run.sh", doctor.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_ends_when_its_reader_goes_away()
    {
        string stats = $"dotnet '{Path.Combine(AppContext.BaseDirectory, "ocache.dll")}' --url {served.Node.Rest} stats --json -i 0.05 | head -n 1 | wc -l; echo ${{PIPESTATUS[0]}}";
        ProgramResult result = await Programs.RunAsync(new("bash", ["-c", stats])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        });

        Assert.Equal(["1", "141"], result.Lines.Select(l => l.Trim()));
        Assert.Equal("", result.Errors);
    }
}
