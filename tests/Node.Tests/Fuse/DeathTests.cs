using System.Diagnostics;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Fuse;

/// <summary>Nodes that end, well or not: nobody who reads their files may hang.</summary>
public sealed class DeathTests
{
    [FuseFact]
    public async Task A_killed_node_lets_go_of_its_readers_and_the_next_one_mounts_again()
    {
        using var source = new TemporaryDirectory();
        source.Write("a", "content"u8);
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, "mode=strict,latency=30s");
        using System.Diagnostics.Process reader = await WaitingReaderAsync($"{mounted.Path}/a");

        await mounted.Node.KillAsync();

        await reader.WaitForExitAsync().WaitAsync(Programs.Patience);
        Assert.NotEqual(0, reader.ExitCode);
        Assert.Contains("Transport endpoint", (await Guarded.RunAsync("ls", mounted.Path)).Errors, StringComparison.Ordinal);
        await mounted.Node.DisposeAsync();
        await mounted.RestartAsync();
        Assert.Equal("content", await Guarded.OutputAsync("cat", $"{mounted.Path}/a"));
        Assert.Single(File.ReadLines("/proc/self/mountinfo"), line => line.Split(' ')[4] == mounted.Path);
    }

    [FuseFact]
    public async Task SIGTERM_unmounts_and_ends_well_while_a_file_is_open()
    {
        using var source = new TemporaryDirectory();
        source.Write("a", "content"u8);
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path);
        using System.Diagnostics.Process holder = Start("bash", "-c", $"exec 3< {mounted.Path}/a; echo open; read -r line; cat <&3");
        Assert.Equal("open", await holder.StandardOutput.ReadLineAsync());

        mounted.Node.Terminate();
        await NodeProcess.UntilAsync(() => Task.FromResult(!mounted.IsMounted), "the mount");
        await holder.StandardInput.WriteLineAsync("read on");

        Assert.Equal("content", await holder.StandardOutput.ReadToEndAsync().WaitAsync(Programs.Patience));
        Assert.Equal(0, await mounted.Node.WaitForExitAsync());
    }

    [FuseFact]
    public async Task A_reader_of_a_slow_source_can_be_killed()
    {
        using var source = new TemporaryDirectory();
        source.Write("a", "content"u8);
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, "mode=strict,latency=30s");
        using System.Diagnostics.Process reader = await WaitingReaderAsync($"{mounted.Path}/a");

        reader.Kill();

        await reader.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    [FuseFact]
    public async Task A_mount_point_inside_of_what_is_cached_is_refused()
    {
        using var source = new TemporaryDirectory();
        using var store = new TemporaryDirectory();
        string inside = Directory.CreateDirectory(source["mnt"]).FullName;

        ProgramResult node = await NodeProcess.RunAsync("--mount", $"/=file://{source.Path}", "--store", $"{store["s"]}=64MiB", "--fuse", inside);

        Assert.Equal(2, node.ExitCode);
        Assert.Contains("the cache would read itself", node.Errors, StringComparison.Ordinal);
    }

    private static System.Diagnostics.Process Start(string program, params string[] arguments) => System.Diagnostics.Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    /// <summary>A reader that waits for a source which takes its time.</summary>
    private static async Task<System.Diagnostics.Process> WaitingReaderAsync(string path)
    {
        System.Diagnostics.Process reader = Start("cat", path);
        await NodeProcess.UntilAsync(() => Task.FromResult(IsInKernel(reader)), "a reader that has not asked yet");
        return reader;
    }

    /// <summary>Whether a process waits for a file system.</summary>
    private static bool IsInKernel(System.Diagnostics.Process process)
    {
        try
        {
            // request_wait_answer, or whatever a kernel calls it: all of FUSE's functions are named so.
            string stack = File.ReadAllText($"/proc/{process.Id}/stack");
            return stack.Contains("fuse", StringComparison.Ordinal);
        }
        catch (UnauthorizedAccessException)
        {
            return File.ReadAllText($"/proc/{process.Id}/stat").Split(' ')[2] is "S" or "D";
        }
    }
}
