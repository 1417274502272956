using Orleans.Cache.Core.Tests.Metadata;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Mounts;

public sealed class MountTableTests
{
    private static readonly ManualTimeProvider Time = new();

    [Theory]
    [InlineData("/x", "/", "x")]
    [InlineData("/", "/", "")]
    [InlineData("/a", "/a", "")]
    [InlineData("/a/x/y", "/a", "x/y")]
    [InlineData("/a/b", "/a/b", "")]
    [InlineData("/a/b/x", "/a/b", "x")]
    [InlineData("/a/bc", "/a", "bc")]
    [InlineData("/ab", "/", "ab")]
    [InlineData("/A", "/", "A")]
    public void A_path_belongs_to_the_mount_with_the_longest_prefix(string path, string mount, string key)
    {
        MountTable table = Table("/a", "/", "/a/b");
        Assert.True(table.TryResolve(CachePath.Parse(path), out MountedKey mounted));
        Assert.Equal((mount, key), (mounted.Mount.Path.Value, mounted.Key));
    }

    [Theory]
    [InlineData("/d", "sub/f", "/d:sub/f /s:f /sub2:sub/f")]
    [InlineData("/s", "f", "/d:sub/f /s:f /sub2:sub/f")]
    [InlineData("/d", "sub", "/d:sub /s: /sub2:sub")]
    [InlineData("/d", "subway", "/d:subway /sub2:subway")]
    [InlineData("/s", "", "/d:sub /s: /sub2:sub")]
    [InlineData("/o", "sub/f", "/o:sub/f")]
    public void A_key_appears_wherever_its_storage_or_a_part_of_it_is_mounted(string mount, string key, string appearances)
    {
        (string, string)[] mounts = [("/d", "file:///data"), ("/sub2", "file:///data"), ("/s", "file:///data/sub"), ("/o", "file:///dat")];
        var table = new MountTable(
            1, mounts.Select(m => new Mount(CachePath.Parse(m.Item1), new GatedUnderStorage(m.Item2, Time), Freshness.Default)));
        var at = new MountedKey(table.Mounts.Single(m => m.Path.Value == mount), key);
        Assert.Equal(appearances, string.Join(' ', table.Appearances(at).Select(a => $"{a.Mount.Path}:{a.Key}")));
    }

    [Fact]
    public void Without_a_mount_at_the_root_paths_may_belong_to_none()
    {
        MountTable table = Table("/a/b", "/c");
        Assert.False(table.TryResolve(CachePath.Root, out _));
        Assert.False(table.TryResolve(CachePath.Parse("/a"), out _));
        Assert.False(table.TryResolve(CachePath.Parse("/a/bc"), out _));
        Assert.False(Table().TryResolve(CachePath.Root, out _));
    }

    [Fact]
    public void Names_below_a_directory_are_its_mounts_and_what_leads_to_them_each_once_in_order()
    {
        MountTable table = Table("/b/x", "/b/y/z", "/a", "/B", "/b", "/a-b", "/");
        Assert.Equal(["B", "a", "a-b", "b"], table.MountNamesBelow(CachePath.Root));
        Assert.Equal(["x", "y"], table.MountNamesBelow(CachePath.Parse("/b")));
        Assert.Equal(["z"], table.MountNamesBelow(CachePath.Parse("/b/y")));
        Assert.Empty(table.MountNamesBelow(CachePath.Parse("/a")));
        Assert.Empty(table.MountNamesBelow(CachePath.Parse("/b/y/z")));
    }

    [Theory]
    [InlineData("/", true)]
    [InlineData("/a", true)]
    [InlineData("/a/b", false)]
    [InlineData("/a/b/c", false)]
    [InlineData("/ab", false)]
    public void A_path_leads_to_a_mount_that_lies_below_it(string path, bool leads) =>
        Assert.Equal(leads, Table("/a/b").LeadsToMount(CachePath.Parse(path)));

    [Fact]
    public void Two_mounts_at_one_path_are_refused_by_name()
    {
        CacheException refused = Assert.Throws<CacheException>(() => Table("/a", "/b", "/a"));
        Assert.Equal(CacheError.InvalidArgument, refused.Error);
        Assert.Contains("'/a'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Storages_are_found_by_identity_and_only_those_that_are_mounted()
    {
        MountTable table = Table("/a", "/b");
        Assert.Same(table.Mounts[1].Storage, table.StorageOf(new UfsIdentity("mem:///b")));
        Assert.Equal(CacheError.NotFound, Assert.Throws<CacheException>(() => table.StorageOf(new UfsIdentity("mem:///c"))).Error);
    }

    [Fact]
    public void Mounts_come_in_the_order_of_their_paths() =>
        Assert.Equal(["/", "/a", "/a/b", "/b"], Table("/b", "/a/b", "/", "/a").Mounts.Select(m => m.Path.Value));

    private static MountTable Table(params string[] paths) => new(
        1, paths.Select(p => new Mount(CachePath.Parse(p), new GatedUnderStorage("mem://" + p, Time), Freshness.Default)));
}
