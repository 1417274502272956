using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Fuse.Mounting;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Fuse.Tests;

/// <summary>The memory file system, mounted for real. What touches the mount is another process, which can be killed where it hangs.</summary>
public sealed class MountTests
{
    private readonly MemoryFileSystem _files = new();

    [FuseFact]
    public async Task A_mounted_file_is_read_by_other_programs()
    {
        byte[] content = new byte[3_000_001];
        new Random(1).NextBytes(content);
        _files.AddFile("data", content);
        _files.AddFile("empty", []);
        _files.AddLink("link", "data");
        using var directory = new TemporaryDirectory();
        await using FuseMount mount = await MountAsync(directory.Path);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), (await RunAsync("sha256sum", $"{directory.Path}/link"))[..64]);
        Assert.Equal("data\nempty\nlink\n", await RunAsync("ls", directory.Path));
        Assert.Equal("data\n", await RunAsync("readlink", $"{directory.Path}/link"));
        Assert.Equal("3000001 regular file\n", await RunAsync("stat", "-c", "%s %F", $"{directory.Path}/data"));
        Assert.Equal("", await RunAsync("cat", $"{directory.Path}/empty"));
        Assert.Contains("Read-only file system", await RunAsync("sh", "-c", $"touch {directory.Path}/new 2>&1 || true"), StringComparison.Ordinal);
    }

    [FuseFact]
    public async Task A_thousand_names_come_once_each()
    {
        for (int i = 0; i < 1000; i++)
            _files.AddFile($"file-with-a-name-{i:0000}", [1]);
        using var directory = new TemporaryDirectory();
        await using FuseMount mount = await MountAsync(directory.Path);

        string[] names = (await RunAsync("sh", "-c", $"ls -l {directory.Path} | tail -n +2 | awk '{{print $9}}'")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(1000, names.Length);
        Assert.Equal(1000, names.Distinct().Count());
    }

    [FuseFact]
    public async Task What_the_kernel_forgets_is_taken_back()
    {
        for (int i = 0; i < 1000; i++)
            _files.AddFile($"{i}", [1]);
        using var directory = new TemporaryDirectory();
        await using FuseMount mount = await MountAsync(directory.Path);
        await RunAsync("find", directory.Path, "-printf", "%s\n");
        long held = _files.Lookups;
        Assert.True(held >= 1000, $"{held} look-ups");

        await File.WriteAllTextAsync("/proc/sys/vm/drop_caches", "2\n");

        await UntilAsync(() => _files.Lookups < held / 2, "FORGET");
        Assert.True(_files.Lookups >= 0);
    }

    [FuseFact]
    public async Task Whoever_waits_for_a_read_can_be_killed()
    {
        _files.Hold = token => Task.Delay(Timeout.Infinite, token);
        _files.AddFile("slow", [1, 2, 3]);
        using var directory = new TemporaryDirectory();
        await using FuseMount mount = await MountAsync(directory.Path);

        using Process reader = Process.Start("cat", $"{directory.Path}/slow");
        await UntilAsync(() => mount.Session.Pending > 0, "the read");
        reader.Kill();

        await reader.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        await UntilAsync(() => mount.Session.Pending == 0, "the end of the read");
    }

    [FuseFact]
    public async Task Unmounting_ends_the_session_and_waits_for_files_that_are_open()
    {
        _files.AddFile("a", [1, 2, 3]);
        using var directory = new TemporaryDirectory();
        FuseMount mount = await MountAsync(directory.Path);
        using Process holder = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec 3< {directory.Path}/a; echo open; read line; cat <&3 | wc -c"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("open", await holder.StandardOutput.ReadLineAsync());

        Task<bool> unmounting = mount.UnmountAsync();
        await UntilAsync(() => MountEntry.At(directory.Path) is null, "the end of the mount");
        Assert.False(mount.Ended.IsCompleted);
        await holder.StandardInput.WriteLineAsync("go on");

        Assert.Equal("3", (await holder.StandardOutput.ReadLineAsync())!.Trim());
        Assert.True(await unmounting.WaitAsync(TimeSpan.FromSeconds(20)));
        await mount.DisposeAsync();
    }

    [FuseFact]
    public async Task Files_that_stay_open_are_cut_off_when_their_time_is_over()
    {
        _files.AddFile("a", new byte[100_000]);
        using var directory = new TemporaryDirectory();
        FuseMount mount = await FuseMount.MountAsync(
            directory.Path, _files, new FuseOptions { AllowOther = true, DrainTimeout = TimeSpan.FromMilliseconds(100) }, TimeProvider.System, NullLogger.Instance);
        using Process holder = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec 3< {directory.Path}/a; echo open; read line; cat <&3 2>&1 | tail -c 60"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("open", await holder.StandardOutput.ReadLineAsync());

        Assert.False(await mount.UnmountAsync().WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.True(mount.Ended.IsCompleted);
        await mount.DisposeAsync();
        await holder.StandardInput.WriteLineAsync("go on");
        Assert.Contains("not connected", await holder.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [FuseFact]
    public async Task What_another_process_has_mounted_there_since_stays()
    {
        using var directory = new TemporaryDirectory();
        FuseMount first = await MountAsync(directory.Path);
        await RunAsync("umount", directory.Path);
        await first.Ended.WaitAsync(TimeSpan.FromSeconds(20));
        await using FuseMount second = await MountAsync(directory.Path);

        await first.DisposeAsync();

        Assert.NotNull(MountEntry.At(directory.Path));
    }

    [FuseFact]
    public async Task A_mount_point_behind_a_symbolic_link_is_known_by_where_it_leads()
    {
        _files.AddFile("a", [1]);
        using var directory = new TemporaryDirectory();
        string real = Directory.CreateDirectory(directory["real"]).FullName;
        File.CreateSymbolicLink(directory["link"], real);

        FuseMount mount = await MountAsync(directory["link"]);

        Assert.Equal(real, mount.Path);
        await RunAsync("cat", $"{real}/a");
        Assert.Null(await Unmounting.UnmountAsync(directory["link"], lazy: false));
        await mount.Ended.WaitAsync(TimeSpan.FromSeconds(20));
        await mount.DisposeAsync();
    }

    [Fact]
    public void Mount_points_with_blanks_are_found_in_the_mount_table()
    {
        string[] table =
        [
            @"22 1 0:21 / / rw - ext4 /dev/vda rw",
            @"40 22 0:50 / /mnt/my\040data rw,nosuid shared:3 master:1 - fuse.ocache ocache ro",
            @"41 22 0:51 / /mnt/my rw - tmpfs none rw",
        ];

        Assert.Equal(("0:50", "fuse.ocache"), (MountEntry.Read(table, "/mnt/my data")!.Value.Device, MountEntry.Read(table, "/mnt/my data")!.Value.Type));
        Assert.Null(MountEntry.Read(table, "/mnt"));
    }

    private Task<FuseMount> MountAsync(string path) =>
        FuseMount.MountAsync(path, _files, new FuseOptions { AllowOther = true }, TimeProvider.System, NullLogger.Instance);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("timeout", ["-s", "KILL", "20", program, .. arguments]) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {output}");
        return output;
    }

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            Assert.False(patience.IsCancellationRequested, "Waited in vain for " + what);
            await Task.Delay(10);
        }
    }
}
