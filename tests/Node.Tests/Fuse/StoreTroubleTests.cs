using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Fuse;

/// <summary>Stores that cannot keep what they should, below a mount: what programs read is what the source has.</summary>
public sealed class StoreTroubleTests
{
    private const int Size = 12_000_001;

    [FuseFact]
    public async Task A_full_disk_under_the_store_costs_speed_and_no_read()
    {
        using var source = new TemporaryDirectory();
        source.Write("f", Content());
        using SmallFileSystem disk = SmallFileSystem.Tmpfs(4 * CacheLimits.MiB);
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, store: $"{disk.Path}/pages=64MiB");

        await AssertSameAsync(mounted);
        await AssertSameAsync(mounted);

        Assert.True(new DirectoryInfo(disk.Path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) > 0, "The store was not used.");
    }

    [FuseFact]
    public async Task Damage_that_was_done_while_the_node_was_down_is_never_read()
    {
        using var source = new TemporaryDirectory();
        using var store = new TemporaryDirectory(onTmpfs: true);
        source.Write("f", Content());
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, store: $"{store["pages"]}=64MiB");
        await mounted.Node.ReadUntilCachedAsync("/f");
        await AssertSameAsync(mounted);
        await mounted.Node.DisposeAsync();

        string backing = new DirectoryInfo(store["pages"]).EnumerateFiles("*", SearchOption.AllDirectories).Single(f => f.Length == Size).FullName;
        using (FileStream file = File.OpenWrite(backing))
        {
            foreach (int at in (int[])[0, 5_000_000, Size - 1])
            {
                file.Position = at;
                file.WriteByte((byte)(Content()[at] ^ 0xFF));
            }
        }
        await mounted.RestartAsync();

        await AssertSameAsync(mounted);
        // The second time the kernel may read it by itself.
        await mounted.Node.ReadUntilCachedAsync("/f");
        await AssertSameAsync(mounted);
    }

    private static byte[] Content()
    {
        byte[] content = new byte[Size];
        new Random(20261122).NextBytes(content);
        return content;
    }

    private static async Task AssertSameAsync(MountedNode mounted) => await Guarded.OutputAsync("cmp", $"{mounted.Source}/f", $"{mounted.Path}/f");
}
