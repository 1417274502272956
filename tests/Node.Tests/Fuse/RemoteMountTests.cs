using System.Security.Cryptography;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Fuse;

/// <summary>ocache mount of a cluster: a process of its own between the programs and three nodes.</summary>
public sealed class RemoteMountTests
{
    [FuseFact]
    public async Task No_read_fails_when_one_of_three_nodes_is_killed_under_64_readers()
    {
        using var source = new TemporaryDirectory();
        using var directory = new TemporaryDirectory();
        var sums = new List<string>();
        for (int i = 0; i < 64; i++)
        {
            byte[] content = new byte[2_000_000 + i];
            new Random(i).NextBytes(content);
            source.Write($"f{i}", content);
            sums.Add($"{Convert.ToHexStringLower(SHA256.HashData(content))}  {directory.Path}/f{i}");
        }
        string expected = source.Write("../" + Path.GetFileName(source.Path) + ".sums", System.Text.Encoding.ASCII.GetBytes(string.Join('\n', sums) + '\n'));
        await using NodeCluster cluster = await NodeCluster.StartAsync(3, "--mount", $"/=file://{source.Path}");
        try
        {
            ProgramResult mount = await OcacheAsync("mount", cluster[0].Rest.ToString(), directory.Path);
            Assert.True(mount.ExitCode == 0, mount.Errors);

            Task<string> readers = Guarded.ShellAsync(
                $"for pass in 1 2 3 4 5 6; do xargs -a {expected} -P 64 -I LINE sh -c 'echo LINE | sha256sum -c --quiet -' || exit 1; echo $pass; done");
            await NodeProcess.UntilAsync(async () => await cluster.SumAsync("ocache_page_hits_total") > 60 || readers.IsCompleted, "readers that have not begun");
            await cluster.KillNodeAsync(1);

            Assert.Equal("1\n2\n3\n4\n5\n6\n", await readers);
            Assert.Equal(0, (await OcacheAsync("umount", directory.Path)).ExitCode);
            Assert.DoesNotContain(File.ReadLines("/proc/self/mountinfo"), line => line.Split(' ')[4] == directory.Path);
        }
        finally
        {
            await Guarded.RunAsync("umount", "-l", directory.Path);
            File.Delete(expected);
        }
    }

    [FuseFact]
    public async Task A_mount_that_cannot_be_made_says_why()
    {
        using var directory = new TemporaryDirectory();

        ProgramResult nobody = await OcacheAsync("mount", "http://127.0.0.1:1", directory.Path);
        ProgramResult option = await OcacheAsync("mount", "-o", "wirte", "http://127.0.0.1:1", directory.Path);
        ProgramResult nothing = await OcacheAsync("umount", directory.Path);

        Assert.Equal((3, 2, 4), (nobody.ExitCode, option.ExitCode, nothing.ExitCode));
        Assert.Contains("'wirte' is no option of a mount", option.Errors, StringComparison.Ordinal);
        Assert.Contains("Nothing is mounted", nothing.Errors, StringComparison.Ordinal);
    }

    private static Task<ProgramResult> OcacheAsync(params string[] arguments) => Programs.RunAsync(Programs.Info("ocache", arguments));
}
