using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Cli;

/// <summary>cp, put, mv, rm: files in both directions, interrupted and resumed, with names as people have them.</summary>
[Collection(SharedCliNode.Name)]
public sealed partial class CopyTests(CliNode served) : IDisposable
{
    private const int SigInt = 2;

    private readonly TemporaryDirectory _local = new();

    public void Dispose() => _local.Dispose();

    [Fact]
    public async Task A_tree_comes_down_goes_up_and_is_the_same()
    {
        string down = _local["down"];
        await SucceedAsync("cp", "-r", "oc:/tree", down);
        AssertSame(served.Source["tree"], down);
        Directory.CreateDirectory(Path.Combine(down, "hollow"));

        await SucceedAsync("cp", "-r", down, "oc:/up");
        AssertSame(down, served.Source["up"]);

        await SucceedAsync("cp", "-r", "oc:/up", "oc:/up2");
        AssertSame(down, served.Source["up2"]);
        await SucceedAsync("rm", "-r", "oc:/up");
        await SucceedAsync("rm", "-r", "/up2");
        Assert.False(Directory.Exists(served.Source["up"]) || Directory.Exists(served.Source["up2"]));
    }

    [Fact]
    public async Task What_is_the_same_already_is_skipped_and_what_changed_is_not()
    {
        Assert.Equal(1, (await CopyAsync("cp", "oc:/lines", _local.Path)).GetProperty("files").GetInt32());

        JsonElement again = await CopyAsync("cp", "oc:/lines", _local.Path);
        Assert.Equal((0, 1), (again.GetProperty("files").GetInt32(), again.GetProperty("skipped").GetInt32()));

        File.WriteAllText(_local["lines"], "changed here");
        await SucceedAsync("cp", "oc:/lines", _local.Path);
        Assert.Equal(File.ReadAllBytes(served.Source["lines"]), File.ReadAllBytes(_local["lines"]));
    }

    [Fact]
    public async Task An_upload_that_updates_sends_only_what_is_newer()
    {
        string file = _local.Write("sent", "one"u8);
        await SucceedAsync("cp", file, "oc:/sent");

        Assert.Equal(1, (await CopyAsync("cp", "-u", file, "oc:/sent")).GetProperty("skipped").GetInt32());
        Assert.Equal(1, (await CopyAsync("cp", file, "oc:/sent")).GetProperty("files").GetInt32());
        File.WriteAllText(file, "two");
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(1));
        Assert.Equal(1, (await CopyAsync("cp", "-u", file, "oc:/sent")).GetProperty("files").GetInt32());
        Assert.Equal("two", File.ReadAllText(served.Source["sent"]));
    }

    [MountFact]
    public async Task A_full_disk_keeps_what_came_and_the_next_run_goes_on_there()
    {
        using SmallFileSystem disk = SmallFileSystem.Tmpfs(24 * CacheLimits.MiB);
        File.WriteAllBytes(disk["filler"], new byte[16 * CacheLimits.MiB]);

        ProgramResult full = await served.Node.OcacheAsync("cp", "oc:/big", disk.Path);

        string partial = Assert.Single(Directory.GetFiles(disk.Path, ".ocache-*.part"));
        Assert.Equal((4, ""), (full.ExitCode, full.Output));
        Assert.Contains(partial, Assert.Single(full.Errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
        long kept = new FileInfo(partial).Length;
        File.Delete(disk["filler"]);

        JsonElement resumed = await CopyAsync("cp", "oc:/big", disk.Path);

        Assert.Equal(kept, resumed.GetProperty("resumedBytes").GetInt64());
        Assert.Equal(20 * CacheLimits.MiB + 5 - kept, resumed.GetProperty("bytes").GetInt64());
        Assert.Equal(File.ReadAllBytes(served.Source["big"]), File.ReadAllBytes(disk["big"]));
        Assert.Equal([disk["big"]], Directory.GetFiles(disk.Path));
    }

    [Fact]
    public async Task An_interrupted_download_leaves_its_part_and_another_version_begins_anew()
    {
        using (FileStream sparse = File.Create(served.Source["sparse"]))
            sparse.SetLength(50L * CacheLimits.GiB);
        ProcessStartInfo info = Info("cp", "oc:/sparse", _local.Path);
        // Whoever runs the tests in the background of a script hands on that Ctrl-C is ignored.
        string[] arguments = ["--default-signal=INT", info.FileName, .. info.ArgumentList];
        info.FileName = "env";
        info.ArgumentList.Clear();
        foreach (string argument in arguments)
            info.ArgumentList.Add(argument);
        using System.Diagnostics.Process copy = System.Diagnostics.Process.Start(info)!;
        Task<string> errors = copy.StandardError.ReadToEndAsync();
        await NodeProcess.UntilAsync(() => Task.FromResult(Parts().Any(p => new FileInfo(p).Length > CacheLimits.MiB)), "no part of the download");
        Assert.Equal(0, Kill(copy.Id, SigInt));
        await copy.WaitForExitAsync();

        Assert.Equal((130, ""), (copy.ExitCode, await errors));
        Assert.Single(Parts());
        Assert.False(File.Exists(_local["sparse"]));

        File.WriteAllText(served.Source["sparse"], new string('x', (int)CacheLimits.MiB));
        await SucceedAsync("free", "/sparse"); // The node may believe the old status for a while, and this asks anew.
        Assert.Equal(0, (await CopyAsync("cp", "oc:/sparse", _local.Path)).GetProperty("resumedBytes").GetInt64());
        Assert.Equal(File.ReadAllBytes(served.Source["sparse"]), File.ReadAllBytes(_local["sparse"]));
        Assert.Empty(Parts());
    }

    [Fact]
    public async Task Put_takes_standard_input_and_conditions()
    {
        ProcessStartInfo info = Info("put", "-", "/piped");
        using (System.Diagnostics.Process put = System.Diagnostics.Process.Start(info)!)
        {
            await put.StandardInput.WriteAsync("from a pipe");
            put.StandardInput.Close();
            await put.WaitForExitAsync();
            Assert.Equal(0, put.ExitCode);
        }
        Assert.Equal("from a pipe", File.ReadAllText(served.Source["piped"]));

        ProgramResult refused = await served.Node.OcacheAsync("put", "--if-absent", _local.Write("other", "other"u8), "/piped");
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal("from a pipe", File.ReadAllText(served.Source["piped"]));
    }

    [Fact]
    public async Task Mv_moves_into_a_directory_and_head_and_tail_show_both_ends()
    {
        served.Source.Write("moving/file", "moved"u8);
        await SucceedAsync("mkdir", "/moving/into");
        await SucceedAsync("mv", "/moving/file", "/moving/into");
        Assert.Equal("moved", File.ReadAllText(served.Source["moving/into/file"]));

        Assert.Equal("1\n2\n", (await served.Node.OcacheAsync("head", "-n", "2", "/lines")).Output);
        Assert.Equal("19999\n20000\n", (await served.Node.OcacheAsync("tail", "-n", "2", "/lines")).Output);
        Assert.Equal("00\n", (await served.Node.OcacheAsync("tail", "-c", "3", "/lines")).Output);
        Assert.Equal(20_000, (await served.Node.OcacheAsync("tail", "-n", "1000000", "/lines")).Lines.Length);
        Assert.Equal(File.ReadAllText(served.Source["lines"]), (await served.Node.OcacheAsync("head", "-n", "20001", "/lines")).Output);
        Assert.Equal("dash", (await served.Node.OcacheAsync("cat", "--", "tree/-dash")).Output);
    }

    private string[] Parts() => Directory.GetFiles(_local.Path, ".ocache-*.part");

    private ProcessStartInfo Info(params string[] arguments) =>
        Programs.Info("ocache", arguments, new Dictionary<string, string> { ["OCACHE_URL"] = served.Node.Rest.ToString() });

    private async Task SucceedAsync(params string[] arguments)
    {
        ProgramResult result = await served.Node.OcacheAsync(arguments);
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
    }

    private async Task<JsonElement> CopyAsync(params string[] arguments)
    {
        ProgramResult result = await served.Node.OcacheAsync([.. arguments, "--json"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        return JsonSerializer.Deserialize<JsonElement>(result.Output);
    }

    private static void AssertSame(string expected, string actual)
    {
        string[] Names(string root) => [.. Directory.GetFileSystemEntries(root, "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(root, p)).Order(StringComparer.Ordinal)];
        Assert.Equal(Names(expected), Names(actual));
        foreach (string name in Names(expected).Where(n => File.Exists(Path.Combine(expected, n))))
            Assert.Equal(File.ReadAllBytes(Path.Combine(expected, name)), File.ReadAllBytes(Path.Combine(actual, name)));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
