using System.Security.Cryptography;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Fuse;

/// <summary>Reads through the node that are answered from the store's own memory give what the source has: at any place, while pages leave, and where the store was cut.</summary>
public sealed class MappedReadTests
{
    private const int Size = 12_000_001;

    [FuseFact]
    public async Task Odd_pieces_of_a_cached_file_are_those_of_the_source()
    {
        using var source = new TemporaryDirectory();
        source.Write("f", Content(1));
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, fuse: "allow-other,no-passthrough");
        await mounted.Node.ReadUntilCachedAsync("/f");
        var random = new Random(20261122);
        IEnumerable<string> pieces = Enumerable.Range(0, 60).Select(_ => $"{random.Next(Size)}:{random.Next(1, 3_000_000)}");

        await Guarded.ShellAsync($$"""
            piece() { dd if=$1/f bs=$3 skip=$2 count=1 iflag=skip_bytes,fullblock$4 status=none; }
            for at in {{string.Join(' ', pieces)}}; do
                cmp <(piece {{source.Path}} ${at%:*} ${at#*:} "") <(piece {{mounted.Path}} ${at%:*} ${at#*:} ,direct)
            done
            """);

        Assert.True(await mounted.FigureAsync("mapped_reads") > 60, "Nothing was read from mappings.");
        Assert.Equal(0, await mounted.FigureAsync("failures"));
    }

    [FuseFact]
    public async Task Whole_versions_are_read_while_files_are_replaced_and_pages_leave()
    {
        const int Versions = 6;
        using var source = new TemporaryDirectory();
        using var store = new TemporaryDirectory(onTmpfs: true);
        for (int version = 0; version < Versions; version++)
            source.Write($"v{version}", Content(version));
        source.Write("f", Content(0));
        // Room for four of the seven files: reading the versions makes pages of the others leave.
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, fuse: "allow-other,no-passthrough", store: $"{store["pages"]}=48MiB");

        string read = await Guarded.ShellAsync($$"""
            cd {{mounted.Path}}
            # What cannot be read to its end (ESTALE: the source has another version by now) does not count.
            sum() { whole=$(mktemp -p {{store.Path}}); dd if=$1 bs=1M iflag=direct status=none > $whole 2> /dev/null && sha256sum < $whole || true; rm $whole; }
            # What changed in the last two seconds is not kept; each version lives long enough to be.
            (for v in 1 2 3; do sleep 3; cp {{source.Path}}/v$v {{source.Path}}/next; mv {{source.Path}}/next {{source.Path}}/f; done) &
            changing=$!
            (while kill -0 $changing 2> /dev/null; do for v in 0 1 2 3 4 5; do sum v$v; sum v$v; done; done) &
            while kill -0 $changing 2> /dev/null; do sum f; done
            wait
            """);

        string[] known = [.. Enumerable.Range(0, Versions).Select(version => Convert.ToHexStringLower(SHA256.HashData(Content(version))))];
        string[] seen = [.. read.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..64])];
        Assert.True(seen.Length > Versions, read);
        Assert.Empty(seen.Except(known));
        Assert.True(await mounted.FigureAsync("mapped_reads") > 0, "Nothing was read from mappings.");
    }

    [FuseFact]
    public async Task A_backing_file_that_was_cut_while_it_is_mapped_is_read_the_ordinary_way_and_mended()
    {
        using var source = new TemporaryDirectory();
        using var store = new TemporaryDirectory(onTmpfs: true);
        source.Write("f", Content(1));
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, fuse: "allow-other,no-passthrough", store: $"{store["pages"]}=64MiB");
        await mounted.Node.ReadUntilCachedAsync("/f");
        await AssertSameAsync(mounted);
        long before = await mounted.FigureAsync("mapped_reads");
        Assert.True(before > 0, "Nothing was read from mappings.");

        string backing = new DirectoryInfo(store["pages"]).EnumerateFiles("*", SearchOption.AllDirectories).Single(f => f.Length == Size).FullName;
        using (FileStream file = File.OpenWrite(backing))
            file.SetLength(1_000_000);
        await AssertSameAsync(mounted);

        Assert.Equal(0, await mounted.FigureAsync("failures"));
        await mounted.Node.ReadUntilCachedAsync("/f");
        await AssertSameAsync(mounted);
        Assert.True(await mounted.FigureAsync("mapped_reads") > before, "The mended file was not mapped again.");
    }

    private static byte[] Content(int version)
    {
        byte[] content = new byte[Size];
        new Random(20261122 + version).NextBytes(content);
        return content;
    }

    /// <summary>Past what the kernel has cached.</summary>
    private static async Task AssertSameAsync(MountedNode mounted) =>
        await Guarded.ShellAsync($"cmp {mounted.Source}/f <(dd if={mounted.Path}/f bs=1M iflag=direct status=none)");
}
