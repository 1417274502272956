using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Fuse;

/// <summary>Users other than root mount by fusermount3. They get a /dev/fuse that they may open, in a mount namespace of their own.</summary>
public sealed class OtherUserTests
{
    private const string Helper = "/usr/bin/fusermount3";

    [FuseFact(Helper)]
    public async Task Somebody_who_is_not_root_mounts_reads_and_unmounts()
    {
        using var source = new TemporaryDirectory();
        using var directory = new TemporaryDirectory();
        source.Write("a", "content"u8);
        await using NodeProcess node = await NodeProcess.StartAsync("--mount", $"/=file://{source.Path}");
        string script = directory.Write("script", System.Text.Encoding.UTF8.GetBytes($"""
            set -eu
            # udev opens the device to all users; containers often do not.
            mknod {directory["fuse"]} c 10 229
            chmod 666 {directory["fuse"]}
            mount --bind {directory["fuse"]} /dev/fuse
            mkdir {directory["mnt"]}
            chown nobody {directory["mnt"]}
            chmod 755 {directory.Path}
            export HOME={directory.Path}
            as_nobody() {'{'} setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; {'}'}
            as_nobody {Ocache()} mount {node.Rest} {directory["mnt"]}
            grep " {directory["mnt"]} " /proc/self/mountinfo | grep -c "fuse.ocache"
            as_nobody cat {directory["mnt"]}/a
            echo
            cat {directory["mnt"]}/a 2>&1 | grep -c "Permission denied"
            as_nobody {Ocache()} umount {directory["mnt"]}
            grep -c " {directory["mnt"]} " /proc/self/mountinfo || true

            """));

        ProgramResult result = await Guarded.RunAsync("unshare", "--mount", "sh", script);

        Assert.True(result.ExitCode == 0, result.Errors + result.Output);
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["1", "content", "1", "0"], lines.Where(l => !l.StartsWith("Mounted ", StringComparison.Ordinal) && !l.StartsWith("Unmounted ", StringComparison.Ordinal)));
    }

    private static string Ocache()
    {
        System.Diagnostics.ProcessStartInfo info = Programs.Info("ocache", []);
        return string.Join(' ', [info.FileName, .. info.ArgumentList]);
    }
}
