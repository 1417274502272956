using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Orleans.Cache.Node.Tests.Process;

/// <summary>The main job on real input: a directory of files, read over HTTP and by the command line.</summary>
public sealed class ServingTests(ServedDirectory served) : IClassFixture<ServedDirectory>
{
    private NodeProcess Node => served.Node;

    [Fact]
    public async Task Odd_names_are_listed_and_read()
    {
        JsonElement listing = await Node.GetJsonAsync("api/v1/list/odd");
        string[] paths = [.. listing.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("path").GetString()!)];

        Assert.Equal(ServedDirectory.OddNames.Select(n => "/odd/" + n).Order(StringComparer.Ordinal), paths);
        foreach (string name in ServedDirectory.OddNames)
            Assert.Equal(ServedDirectory.ContentOf(name), await Node.GetFileAsync("/odd/" + name));
    }

    [Fact]
    public async Task The_command_line_reads_odd_names()
    {
        ProgramResult list = await Node.OcacheAsync("ls", "/odd");
        Assert.Equal(0, list.ExitCode);
        Assert.Equal(string.Concat(ServedDirectory.OddNames.Order(StringComparer.Ordinal).Select(n => n + "\n")), list.Output);

        foreach (string name in new[] { "with space", "a+b", "%2F", "q?x=1&y#z", "ünïcode-日本語-🚀" })
        {
            ProgramResult cat = await Node.OcacheAsync("cat", "/odd/" + name);
            Assert.Equal((0, Encoding.UTF8.GetString(ServedDirectory.ContentOf(name)), ""), (cat.ExitCode, cat.Output, cat.Errors));
        }
    }

    [Fact]
    public async Task An_empty_file_is_empty()
    {
        using HttpResponseMessage response = await Node.Http.GetAsync("api/v1/files/empty");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(0, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task The_end_of_a_sparse_file_of_10_GiB_is_read_by_range()
    {
        JsonElement status = await Node.GetJsonAsync("api/v1/status/sparse");
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/files/sparse");
        request.Headers.Range = new RangeHeaderValue(null, 8);
        using HttpResponseMessage response = await Node.Http.SendAsync(request);

        Assert.Equal(ServedDirectory.SparseLength, status.GetProperty("length").GetInt64());
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal(ServedDirectory.SparseLength, response.Content.Headers.ContentRange!.Length);
        Assert.Equal("\0\0\0\0last"u8.ToArray(), await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_large_file_comes_whole_and_again_from_the_cache()
    {
        byte[] expected = await File.ReadAllBytesAsync(Path.Combine(served.Path, "big"));
        Assert.Equal(expected, await Node.GetFileAsync("/big"));
        await Node.ReadUntilCachedAsync("/big");
        long fromUfs = await Node.GetFigureAsync("bytesFromUnderStorage");

        Assert.Equal(expected, await Node.GetFileAsync("/big"));

        Assert.Equal(fromUfs, await Node.GetFigureAsync("bytesFromUnderStorage"));
    }

    [Fact]
    public async Task A_recursive_listing_shows_paths_below_the_directory()
    {
        ProgramResult list = await Node.OcacheAsync("ls", "-R", "/tree");

        Assert.Equal(["a/", "a/one", "b/", "b/c/", "b/c/two"], list.Lines);
    }

    [Fact]
    public async Task A_long_listing_shows_sizes()
    {
        ProgramResult list = await Node.OcacheAsync("ls", "-lh", "/");

        Assert.Matches(@"(?m)^\s*10 GiB  \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  sparse$", list.Output);
        Assert.Matches(@"(?m)^\s*-  .*  tree/$", list.Output);
    }

    [Fact]
    public async Task Listing_a_file_shows_the_file()
    {
        ProgramResult list = await Node.OcacheAsync("ls", "--json", "/tree/a/one");

        JsonElement entry = JsonSerializer.Deserialize<JsonElement>(Assert.Single(list.Lines));
        Assert.Equal("/tree/a/one", entry.GetProperty("path").GetString());
        Assert.Equal(1, entry.GetProperty("length").GetInt64());
    }

    [Fact]
    public async Task Stat_tells_length_version_and_what_is_cached()
    {
        ProgramResult stat = await Node.OcacheAsync("stat", "/sparse");

        Assert.Equal(0, stat.ExitCode);
        Assert.Contains("Length    10737418240 (10 GiB)", stat.Output, StringComparison.Ordinal);
        Assert.Contains("Version   ", stat.Output, StringComparison.Ordinal);
        Assert.Contains("Cached    ", stat.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_begins_with_the_verdict()
    {
        ProgramResult status = await Node.OcacheAsync("status");

        Assert.Equal(0, status.ExitCode);
        Assert.StartsWith("healthy ", status.Output, StringComparison.Ordinal);
        Assert.Contains("of 256 MiB", status.Output, StringComparison.Ordinal);
        Assert.Contains($"/  file://{served.Path}", status.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Free_says_what_it_dropped()
    {
        await Node.ReadUntilCachedAsync("/tree/b/c/two");

        ProgramResult free = await Node.OcacheAsync("free", "-r", "/tree");

        Assert.Equal((0, ""), (free.ExitCode, free.Errors));
        Assert.Matches("^Freed [1-9]", free.Output);
        JsonElement status = await Node.GetJsonAsync("api/v1/status/tree/b/c/two");
        Assert.Equal(0, status.GetProperty("cachedBytes").GetInt64());
    }

    [Theory]
    [InlineData(1, "does not exist", "stat", "/nowhere")]
    [InlineData(1, "does not exist", "cat", "/nowhere")]
    [InlineData(1, "does not exist", "ls", "/nowhere")]
    [InlineData(1, "is a directory", "cat", "/tree")]
    [InlineData(2, "'--bogus' is not an option", "ls", "--bogus")]
    [InlineData(2, "neither a command nor an option", "lst", "/")]
    [InlineData(2, "is not a node's address", "--url", "ftp://x", "ls")]
    [InlineData(3, "no node answers", "--url", "http://127.0.0.1:1", "ls")]
    public async Task Failures_are_one_line_and_an_exit_code(int code, string message, params string[] arguments)
    {
        ProgramResult result = await Programs.RunAsync(
            Programs.Info("ocache", arguments, new Dictionary<string, string> { ["OCACHE_URL"] = Node.Rest.ToString() }));

        Assert.Equal((code, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("ocache: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.Single(result.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Cat_ends_when_its_reader_goes_away()
    {
        string command = $"dotnet {Path.Combine(AppContext.BaseDirectory, "ocache.dll")} --url {Node.Rest} cat /sparse | head -c 3 | wc -c; echo ${{PIPESTATUS[0]}}";
        ProgramResult result = await Programs.RunAsync(new("bash", ["-c", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        });

        Assert.Equal(["3", "141"], result.Lines.Select(l => l.Trim()));
        Assert.Equal("", result.Errors);
    }

    [Fact]
    public async Task Two_cats_into_one_file_follow_each_other()
    {
        string ocache = $"dotnet {Path.Combine(AppContext.BaseDirectory, "ocache.dll")} --url {Node.Rest}";
        string target = Path.Combine(Path.GetTempPath(), "ocache-test-" + Guid.NewGuid().ToString("N"));
        try
        {
            await Programs.RunAsync(new("bash", ["-c", $"({ocache} cat /tree/a/one; {ocache} cat /tree/b/c/two) > {target}"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            });

            Assert.Equal("122", await File.ReadAllTextAsync(target));
        }
        finally
        {
            File.Delete(target);
        }
    }
}
