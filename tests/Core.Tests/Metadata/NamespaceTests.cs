using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Core.Tests.Metadata;

/// <summary>Mounts as the metadata cache shows them: nested, shadowing, leading to others, changing.</summary>
public sealed class NamespaceTests
{
    [Fact]
    public async Task Directories_that_only_lead_to_mounts_exist_and_ask_nobody()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("f");
        bench.Remount(At("/a/b", bench.Source), At("/a/c/d", bench.Source));
        Assert.Equal("dir", await bench.GetAsync("/"));
        Assert.Equal("dir", await bench.GetAsync("/a"));
        Assert.Equal("dir", await bench.GetAsync("/a/c"));
        Assert.Null(await bench.GetAsync("/a/x"));
        Assert.Null(await bench.GetAsync("/ab"));
        Assert.Equal("a", await bench.ListAsync("/"));
        Assert.Equal("b c", await bench.ListAsync("/a"));
        Assert.Equal("c", await bench.ListAsync("/a", "b"));
        Assert.All(await bench.EntriesAsync("/a"), e => Assert.True(e.IsDirectory));
        Assert.Equal(0, bench.Source.Stats + bench.Source.Lists);
        Assert.Equal("v1", await bench.GetAsync("/a/b/f"));
        Assert.Equal("f", await bench.ListAsync("/a/c/d"));
        Assert.Equal(CacheError.NotFound, (await Assert.ThrowsAsync<CacheException>(() => bench.ListAsync("/x"))).Error);
    }

    [Fact]
    public async Task Mounts_shadow_what_lies_beneath_them_and_on_the_way_to_them()
    {
        using var bench = new MetadataBench();
        var inner = new GatedUnderStorage("mem://inner", bench.Time);
        inner.Put("new");
        bench.Source.Put("a");
        bench.Source.Put("m/old");
        bench.Source.Put("z");
        bench.Source.Put("way");
        bench.Remount(At("/", bench.Source), At("/m", inner), At("/way/deep", inner));
        Assert.Equal("a m way z", await bench.ListAsync("/"));
        Assert.Equal("new", await bench.ListAsync("/m"));
        Assert.Null(await bench.GetAsync("/m/old"));
        Assert.Equal("v1", await bench.GetAsync("/m/new"));
        Assert.Equal("dir", await bench.GetAsync("/way"));
        Assert.Equal("deep", await bench.ListAsync("/way"));
        // The listing of the root met files 'm' and 'way'; their statuses must not have been learnt.
        Assert.Equal("dir", await bench.GetAsync("/m"));
    }

    [Fact]
    public async Task A_mount_root_is_what_the_under_storage_says_it_is()
    {
        using var bench = new MetadataBench();
        Assert.Equal("dir", await bench.GetAsync("/"));
        Assert.Equal(1, bench.Source.Stats);
    }

    [Fact]
    public async Task Each_mount_has_its_own_mode()
    {
        using var bench = new MetadataBench();
        bench.Source.Put("f");
        bench.Remount(At("/strict", bench.Source, Freshness.Strict), At("/fixed", bench.Source, Freshness.Immutable));
        Assert.Equal("v1", await bench.GetAsync("/strict/f"));
        Assert.Equal("v1", await bench.GetAsync("/fixed/f"));
        bench.Source.Put("f");
        Assert.Equal("v2", await bench.GetAsync("/strict/f"));
        Assert.Equal("v1", await bench.GetAsync("/fixed/f"));
    }

    [Fact]
    public async Task Nothing_is_believed_across_a_change_of_the_mount_table()
    {
        using var bench = new MetadataBench(Freshness.Immutable);
        var other = new GatedUnderStorage("mem://other", bench.Time);
        bench.Source.Put("f");
        other.Put("g");
        Assert.Equal("v1", await bench.GetAsync("/f"));
        Assert.Equal("f", await bench.ListAsync("/"));
        bench.Remount(At("/", other, Freshness.Immutable));
        Assert.Null(await bench.GetAsync("/f"));
        Assert.Equal("g", await bench.ListAsync("/"));
        FileStatus? found = (await bench.AskAsync("/g")).Status;
        Assert.Equal("mem://other", found!.RequireFile().Identity.Uri);
    }

    [Fact]
    public async Task A_request_under_way_during_a_change_of_the_mount_table_teaches_the_new_table_nothing()
    {
        using var bench = new MetadataBench(Freshness.Immutable);
        var other = new GatedUnderStorage("mem://other", bench.Time);
        bench.Source.Put("f");
        GatedUnderStorage.Hold hold = bench.Source.HoldStat();
        Task<string?> old = bench.GetAsync("/f");
        await hold.Reached;
        bench.Remount(At("/", other));
        Task<string?> now = bench.GetAsync("/f");
        Assert.Null(await now);
        hold.Release();
        Assert.Equal("v1", await old);
        Assert.Null(await bench.GetAsync("/f"));
    }

    [Fact]
    public async Task A_change_of_one_mount_leaves_what_is_believed_of_others()
    {
        using var bench = new MetadataBench();
        var changed = new GatedUnderStorage("mem://changed", bench.Time);
        var next = new GatedUnderStorage("mem://next", bench.Time);
        bench.Source.Put("kept/f");
        changed.Put("f");
        next.Put("f");
        next.Put("f");
        Mount kept = At("/a", bench.Source, Freshness.Immutable);
        bench.Remount(kept, At("/b/m", changed, Freshness.Immutable));
        Assert.Equal("v1", await bench.GetAsync("/a/kept/f"));
        Assert.Equal("f", await bench.ListAsync("/a/kept"));
        Assert.Equal("v1", await bench.GetAsync("/b/m/f"));
        Assert.Equal("a b", await bench.ListAsync("/"));
        (int stats, int lists) = (bench.Source.Stats, bench.Source.Lists);

        bench.Remount(kept, At("/b/m", next, Freshness.Immutable), At("/c", next));
        Assert.Equal("v2", await bench.GetAsync("/b/m/f"));
        Assert.Equal("a b c", await bench.ListAsync("/"));
        bench.Remount(kept);
        Assert.Null(await bench.GetAsync("/b/m/f"));
        Assert.Null(await bench.GetAsync("/b"));
        Assert.Equal("a", await bench.ListAsync("/"));

        Assert.Equal("v1", await bench.GetAsync("/a/kept/f"));
        Assert.Equal("f", await bench.ListAsync("/a/kept"));
        Assert.Equal((stats, lists), (bench.Source.Stats, bench.Source.Lists));
    }

    [Fact]
    public async Task A_mount_that_comes_or_goes_inside_another_changes_what_lies_below_and_the_listing_above()
    {
        using var bench = new MetadataBench(Freshness.Immutable);
        var inner = new GatedUnderStorage("mem://inner", bench.Time);
        bench.Source.Put("d/x/f");
        bench.Source.Put("d/y/f");
        inner.Put("g");
        Mount outer = At("/", bench.Source, Freshness.Immutable);
        bench.Remount(outer);
        Assert.Equal("x y", await bench.ListAsync("/d"));
        Assert.Equal("v2", await bench.GetAsync("/d/y/f"));
        Assert.Null(await bench.GetAsync("/d/new/g"));
        bench.Remount(outer, At("/d/new", inner), At("/d/y", inner));
        Assert.Equal("new x y", await bench.ListAsync("/d"));
        Assert.Null(await bench.GetAsync("/d/y/f"));
        Assert.Equal("v1", await bench.GetAsync("/d/new/g"));
        bench.Remount(outer);
        Assert.Equal("x y", await bench.ListAsync("/d"));
        Assert.Equal("v2", await bench.GetAsync("/d/y/f"));
        Assert.Null(await bench.GetAsync("/d/new/g"));
    }

    [Fact]
    public void Whoever_keeps_statuses_is_told_of_a_change_of_the_mounts_when_it_is_made()
    {
        using var bench = new MetadataBench(Freshness.Immutable);
        Mount outer = At("/", bench.Source, Freshness.Immutable);
        bench.Remount(outer);
        bench.Cache.TakeMounts();
        var told = new List<string>();
        bench.Cache.Invalidated += (path, recursive) => told.Add(recursive ? path.Value + "/**" : path.Value);

        bench.Remount(outer, At("/d/new", new GatedUnderStorage("mem://inner", bench.Time)));
        bench.Cache.TakeMounts();
        bench.Cache.TakeMounts();

        Assert.Equal(["/d/new/**", "/d", "/"], told);
    }

    private static Mount At(string path, GatedUnderStorage storage, Freshness? freshness = null) =>
        new(CachePath.Parse(path), storage, freshness ?? Freshness.Default);
}
