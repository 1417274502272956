using Orleans.Cache.Core.Tests.Nodes;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Core.Tests.Writing;

/// <summary>
/// Each interleaving of a write with what may go on beside it, in all modes: whoever asks after the writer was answered is
/// never told of the old file.
/// </summary>
public sealed class WriteOrderTests
{
    private const int Page = NodeUnderTest.PageSize;

    private static readonly CachePath F = CachePath.Parse("/f");

    public static TheoryData<string> Modes => ["bounded", "immutable", "strict"];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task What_was_believed_before_a_write_is_not_believed_after_it(string mode)
    {
        await using NodeUnderTest node = await StartAsync(mode);
        await node.PutAsync("f", 10);
        Assert.Equal("v1", await VersionAsync(node, F));
        Assert.Equal(["/f"], await NamesAsync(node, CachePath.Root));

        FileStatus written = await WriteAsync(node, F, 20);

        Assert.Equal(("v2", 20L), (written.File!.Version.Token, written.Length));
        Assert.Equal("v2", await VersionAsync(node, F));
        await WriteAsync(node, CachePath.Parse("/g"), 1);
        Assert.Equal(["/f", "/g"], await NamesAsync(node, CachePath.Root));
        await node.Files.DeleteAsync(F, recursive: false, default);
        Assert.Null(await VersionAsync(node, F));
        Assert.Equal(["/g"], await NamesAsync(node, CachePath.Root));
    }

    /// <summary>Forgetting before the commit would not do: this reader asks between the two.</summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public async Task What_is_learnt_while_a_write_is_under_way_is_not_believed_after_it(string mode)
    {
        await using NodeUnderTest node = await StartAsync(mode);
        await node.PutAsync("f", 10);
        UfsHold hold = node.Source.Hold(UfsRequest.Write);
        Task<FileStatus> writing = WriteAsync(node, F, 20);
        await hold.ArrivedAsync();
        Assert.Equal("v1", await VersionAsync(node, F));
        Assert.Equal(["/f"], await NamesAsync(node, CachePath.Root));

        hold.Release();
        await writing;

        Assert.Equal("v2", await VersionAsync(node, F));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_status_read_before_the_commit_and_given_after_the_answer_is_given_to_nobody_new(string mode)
    {
        await using NodeUnderTest node = await StartAsync(mode);
        await node.PutAsync("f", 10);
        UfsHold hold = node.Source.Hold(UfsRequest.StatusAnswer);
        Task<string?> early = VersionAsync(node, F);
        await hold.ArrivedAsync();
        // The write asks what it replaces and would wait for the same request: a source written to from outside does not.
        await node.Source.Inner.CreateAsync("f", new MemoryStream(new byte[20]), default);
        await node.Node.InvalidateAsync(F, recursive: false);
        Task<string?> late = VersionAsync(node, F);

        hold.Release();

        Assert.Equal("v1", await early);
        Assert.Equal("v2", await late);
        Assert.Equal("v2", await VersionAsync(node, F));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_listing_read_before_the_commit_is_believed_neither_itself_nor_for_its_entries(string mode)
    {
        await using NodeUnderTest node = await StartAsync(mode);
        await node.PutAsync("f", 10);
        UfsHold hold = node.Source.Hold(UfsRequest.ListAnswer);
        Task<List<string>> early = NamesAsync(node, CachePath.Root);
        await hold.ArrivedAsync();
        await WriteAsync(node, F, 20);
        await WriteAsync(node, CachePath.Parse("/g"), 1);
        hold.Release();

        Assert.Equal(["/f"], await early);
        Assert.Equal("v2", await VersionAsync(node, F));
        Assert.Equal(["/f", "/g"], await NamesAsync(node, CachePath.Root));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Directories_that_a_write_makes_are_there_at_once(string mode)
    {
        await using NodeUnderTest node = await StartAsync(mode);
        foreach (string absent in (string[])["/a", "/a/b", "/a/b/c"])
            Assert.Null((await node.Files.TryGetStatusAsync(CachePath.Parse(absent), default)).Status);
        Assert.Empty(await NamesAsync(node, CachePath.Root));

        await WriteAsync(node, CachePath.Parse("/a/b/c"), 1);

        Assert.True((await node.Files.GetStatusAsync(CachePath.Parse("/a"), default)).IsDirectory);
        Assert.True((await node.Files.GetStatusAsync(CachePath.Parse("/a/b"), default)).IsDirectory);
        Assert.Equal(["/a"], await NamesAsync(node, CachePath.Root));
        Assert.Equal(["/a/b/c"], await NamesAsync(node, CachePath.Parse("/a/b")));
    }

    [Fact]
    public async Task A_fill_of_the_replaced_version_does_not_stay_in_the_cache()
    {
        await using NodeUnderTest node = await StartAsync("immutable");
        byte[] old = await node.PutAsync("f", 3 * Page);
        FileRef replaced = (await node.Files.OpenAsync(F, default)).Ref;
        UfsHold hold = node.Source.Hold(UfsRequest.Read);
        Task<byte[]> reader = node.ReadAsync("/f");
        await hold.ArrivedAsync();

        await WriteAsync(node, F, Page);
        hold.Release();

        // Whoever had it open gets the old bytes, as far as they were under way, or is told.
        try
        {
            Assert.Equal(old, await reader);
        }
        catch (CacheException e)
        {
            Assert.Equal(CacheError.Changed, e.Error);
        }
        await node.SettledAsync();
        Assert.Equal(0, await node.Files.GetCachedBytesAsync(replaced, default));
        Assert.Equal(Page, (await node.ReadAsync("/f")).Length);
    }

    [Fact]
    public async Task Pages_of_what_was_replaced_deleted_or_moved_are_dropped()
    {
        await using NodeUnderTest node = await StartAsync("immutable");
        foreach (string name in (string[])["replaced", "deleted", "moved", "tree/deleted", "dir/moved"])
        {
            await node.PutAsync(name, 2 * Page);
            await node.ReadAsync('/' + name);
        }
        await node.SettledAsync();
        Assert.Equal(10, node.Store.GetStatus().Sum(s => s.Pages));

        await WriteAsync(node, CachePath.Parse("/replaced"), 1);
        await node.Files.DeleteAsync(CachePath.Parse("/deleted"), recursive: false, default);
        await node.Files.RenameAsync(CachePath.Parse("/moved"), CachePath.Parse("/elsewhere"), default);
        Assert.Equal(4, node.Store.GetStatus().Sum(s => s.Pages));
        await node.Files.DeleteAsync(CachePath.Parse("/tree"), recursive: true, default);
        await node.Files.RenameAsync(CachePath.Parse("/dir"), CachePath.Parse("/dir2"), default);
        Assert.Equal(0, node.Store.GetStatus().Sum(s => s.Pages));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_write_that_fails_leaves_the_old_file_and_what_is_cached_of_it(string mode)
    {
        await using NodeUnderTest node = await StartAsync(mode);
        byte[] old = await node.PutAsync("f", 2 * Page);
        await node.ReadAsync("/f");
        await node.SettledAsync();
        int reads = node.Source.Count(UfsRequest.Read);

        await Assert.ThrowsAsync<InvalidDataException>(() => node.Files.CreateAsync(F, new BrokenStream(), WriteCondition.None, default));
        using var left = new CancellationTokenSource();
        UfsHold hold = node.Source.Hold(UfsRequest.Write);
        Task<FileStatus> writing = node.Files.CreateAsync(F, new MemoryStream(new byte[5]), WriteCondition.None, left.Token);
        await hold.ArrivedAsync();
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);

        Assert.Equal(old, await node.ReadAsync("/f"));
        Assert.Equal(reads, node.Source.Count(UfsRequest.Read));
    }

    /// <summary>The answer was lost on its way: nobody knows, so nobody may believe.</summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_write_that_was_committed_and_then_failed_is_seen_by_readers(string mode)
    {
        await using NodeUnderTest node = await StartAsync(mode);
        await node.PutAsync("f", 10);
        Assert.Equal("v1", await VersionAsync(node, F));
        node.Source.FailNext(UfsRequest.WriteAnswer, 1, CacheError.Unavailable);

        CacheException failed = await Assert.ThrowsAsync<CacheException>(() => WriteAsync(node, F, 20));

        Assert.Equal(CacheError.Unavailable, failed.Error);
        Assert.Equal("v2", await VersionAsync(node, F));
        node.Source.FailNext(UfsRequest.WriteAnswer, 1, CacheError.Unavailable);
        await Assert.ThrowsAsync<CacheException>(() => node.Files.DeleteAsync(F, recursive: false, default));
        Assert.Null(await VersionAsync(node, F));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Whole_trees_are_forgotten_when_they_move_or_go(string mode)
    {
        await using NodeUnderTest node = await StartAsync(mode);
        await node.PutAsync("a/b/f", 10);
        CachePath below = CachePath.Parse("/a/b/f"), there = CachePath.Parse("/x/b/f");
        Assert.NotNull(await VersionAsync(node, below));
        Assert.Null(await VersionAsync(node, there));
        Assert.Equal(["/a/b/f"], await NamesAsync(node, CachePath.Parse("/a/b")));

        await node.Files.RenameAsync(CachePath.Parse("/a"), CachePath.Parse("/x"), default);

        Assert.Null(await VersionAsync(node, below));
        Assert.NotNull(await VersionAsync(node, there));
        await Assert.ThrowsAsync<CacheException>(() => NamesAsync(node, CachePath.Parse("/a/b")));
        await node.Files.DeleteAsync(CachePath.Parse("/x"), recursive: true, default);
        Assert.Null(await VersionAsync(node, there));
        Assert.Empty(await NamesAsync(node, CachePath.Root));
    }

    /// <summary>The recursion was given up in the middle: what is gone is gone, and is seen to be.</summary>
    [Fact]
    public async Task A_recursive_delete_that_fails_half_way_is_seen_as_far_as_it_came()
    {
        await using NodeUnderTest node = await StartAsync("immutable");
        await node.PutAsync("d/a", 1);
        await node.PutAsync("d/b", 1);
        CachePath a = CachePath.Parse("/d/a"), b = CachePath.Parse("/d/b");
        Assert.NotNull(await VersionAsync(node, a));
        Assert.NotNull(await VersionAsync(node, b));
        node.Source.FailNext(UfsRequest.WriteAnswer, 1, CacheError.Unavailable);

        await Assert.ThrowsAsync<CacheException>(() => node.Files.DeleteAsync(CachePath.Parse("/d"), recursive: true, default));

        Assert.Null(await VersionAsync(node, a));
        Assert.NotNull(await VersionAsync(node, b));
    }

    /// <summary>Where several go side by side the last by name waits for all others: whoever lays down what makes the others count gives it that name.</summary>
    [Fact]
    public async Task Of_a_directory_that_is_deleted_several_at_once_the_last_entry_goes_last()
    {
        await using NodeUnderTest node = await StartAsync("immutable");
        for (char name = 'a'; name <= 'h'; name++)
            await node.PutAsync($"d/{name}", 1);
        node.Source.FailNext(UfsRequest.WriteAnswer, 1, CacheError.Unavailable);

        await Assert.ThrowsAsync<CacheException>(() => node.Files.DeleteAsync(CachePath.Parse("/d"), recursive: true, default, atOnce: 8));
        Assert.NotNull(await VersionAsync(node, CachePath.Parse("/d/h")));

        await node.Files.DeleteAsync(CachePath.Parse("/d"), recursive: true, default, atOnce: 8);
        Assert.Null(await VersionAsync(node, CachePath.Parse("/d/h")));
    }

    [Fact]
    public async Task A_write_through_one_mount_is_seen_through_another_of_the_same_storage()
    {
        await using NodeUnderTest node = await StartAsync("immutable");
        CachePath other = CachePath.Parse("/other/f");
        node.Mounts = new MountTable(2,
        [
            new Mount(CachePath.Root, node.Source, Freshness.Immutable) { IsWritable = true },
            new Mount(CachePath.Parse("/other"), node.Source, Freshness.Immutable),
        ]);
        await node.PutAsync("f", 10);
        Assert.Equal("v1", await VersionAsync(node, other));

        await WriteAsync(node, F, 20);

        Assert.Equal("v2", await VersionAsync(node, other));
        Assert.Contains("/other/f", await NamesAsync(node, CachePath.Parse("/other")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_that_outlives_its_mount_is_seen_where_others_show_the_same_storage(bool isReplaced)
    {
        await using NodeUnderTest node = await StartAsync("immutable");
        CachePath other = CachePath.Parse("/other/f");
        Mount stays = new(CachePath.Parse("/other"), node.Source, Freshness.Immutable);
        node.Mounts = new MountTable(2, [new Mount(CachePath.Parse("/m"), node.Source, Freshness.Immutable) { IsWritable = true }, stays]);
        await node.PutAsync("f", 10);
        Assert.Equal("v1", await VersionAsync(node, other));
        UfsHold hold = node.Source.Hold(UfsRequest.Write);
        Task<FileStatus> writing = WriteAsync(node, CachePath.Parse("/m/f"), 20);
        await hold.ArrivedAsync();
        await using var replacement = new MemoryUnderStorage("replacement", node.Time);
        node.Mounts = new MountTable(3, isReplaced ? [stays, new Mount(CachePath.Parse("/m"), replacement, Freshness.Immutable)] : [stays]);
        Assert.Equal("v1", await VersionAsync(node, other));

        hold.Release();
        await writing;

        Assert.Equal("v2", await VersionAsync(node, other));
    }

    private static Task<NodeUnderTest> StartAsync(string mode) => NodeUnderTest.StartAsync(freshness: mode switch
    {
        "immutable" => Freshness.Immutable,
        "strict" => Freshness.Strict,
        _ => Freshness.Default,
    });

    private static Task<FileStatus> WriteAsync(NodeUnderTest node, CachePath path, int length) =>
        node.Files.CreateAsync(path, new MemoryStream(new byte[length]), WriteCondition.None, default);

    private static async Task<string?> VersionAsync(NodeUnderTest node, CachePath path) =>
        (await node.Files.TryGetStatusAsync(path, default)).Status?.File?.Version.Token;

    private static async Task<List<string>> NamesAsync(NodeUnderTest node, CachePath directory)
    {
        var names = new List<string>();
        await foreach (FileStatus entry in node.Files.ListAsync(directory, recursive: false, null, default))
            names.Add(entry.Path.Value);
        return names;
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            throw new InvalidDataException("The client went away.");
    }
}
