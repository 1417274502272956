using Orleans.Cache.Core.Tests.Nodes;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UnderStorage;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Core.Tests.Writing;

/// <summary>What may be written where, and what is refused by which name.</summary>
public sealed class WriteTests
{
    [Fact]
    public async Task A_mount_that_is_not_rw_takes_no_change_and_says_how_to_get_one()
    {
        await using NodeUnderTest node = await MountedAsync();
        int before = node.Source.Count(UfsRequest.Write);
        CachePath file = CachePath.Parse("/ro/f"), target = CachePath.Parse("/rw/f");
        await FailsAsync(CacheError.ReadOnly, () => CreateAsync(node, file), "'/ro'", "option rw");
        await FailsAsync(CacheError.ReadOnly, () => node.Files.CreateDirectoryAsync(file, default), "'/ro'", "option rw");
        await FailsAsync(CacheError.ReadOnly, () => node.Files.DeleteAsync(file, recursive: true, default), "'/ro'");
        await FailsAsync(CacheError.ReadOnly, () => node.Files.RenameAsync(file, target, default), "'/ro'");
        await FailsAsync(CacheError.ReadOnly, () => node.Files.RenameAsync(target, file, default), "'/ro'");
        await FailsAsync(CacheError.ReadOnly, () => node.Files.CopyAsync(CachePath.Parse("/ro/there"), file, recursive: false, default), "'/ro'");
        Assert.Equal(before, node.Source.Count(UfsRequest.Write));
    }

    [Fact]
    public async Task Mounts_and_directories_that_lead_to_them_are_not_replaced_moved_or_deleted()
    {
        await using NodeUnderTest node = await MountedAsync();
        foreach (string text in (string[])["/", "/rw", "/lead", "/rw/inner", "/rw/inner/er"])
        {
            var path = CachePath.Parse(text);
            await FailsAsync(CacheError.InvalidArgument, () => node.Files.DeleteAsync(path, recursive: true, default), $"'{text}'");
            await FailsAsync(CacheError.InvalidArgument, () => node.Files.RenameAsync(path, CachePath.Parse("/rw/x"), default), $"'{text}'");
            await FailsAsync(CacheError.InvalidArgument, () => node.Files.RenameAsync(CachePath.Parse("/rw/x"), path, default), $"'{text}'");
            await node.Files.CreateDirectoryAsync(path, default);
        }
        await FailsAsync(CacheError.IsDirectory, () => CreateAsync(node, CachePath.Parse("/rw")));
        await FailsAsync(CacheError.IsDirectory, () => CreateAsync(node, CachePath.Parse("/rw/inner")));
        await FailsAsync(CacheError.NotFound, () => CreateAsync(node, CachePath.Parse("/nowhere/f")), "No mount holds '/nowhere/f'");
    }

    [Fact]
    public async Task Errors_name_the_path_in_the_namespace_not_the_key()
    {
        await using NodeUnderTest node = await MountedAsync();
        await CreateAsync(node, CachePath.Parse("/rw/d/f"));
        await FailsAsync(CacheError.IsDirectory, () => CreateAsync(node, CachePath.Parse("/rw/d")), "'/rw/d'");
        await FailsAsync(CacheError.NotADirectory, () => CreateAsync(node, CachePath.Parse("/rw/d/f/below")));
        await FailsAsync(CacheError.NotEmpty, () => node.Files.DeleteAsync(CachePath.Parse("/rw/d"), recursive: false, default), "'/rw/d'");
        await FailsAsync(CacheError.NotFound, () => node.Files.DeleteAsync(CachePath.Parse("/rw/none"), recursive: true, default), "'/rw/none'");
        await FailsAsync(CacheError.NotFound, () => node.Files.RenameAsync(CachePath.Parse("/rw/none"), CachePath.Parse("/rw/x"), default), "'/rw/none'");
        await FailsAsync(CacheError.InvalidArgument, () => node.Files.RenameAsync(CachePath.Parse("/rw/d"), CachePath.Parse("/rw/d/e"), default), "'/rw/d'");
    }

    [Fact]
    public async Task Conditions_hold_or_nothing_is_written()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        CachePath f = CachePath.Parse("/f");
        await FailsAsync(CacheError.ConditionFailed, () => CreateAsync(node, f, WriteCondition.IfPresent));
        await FailsAsync(CacheError.ConditionFailed, () => CreateAsync(node, f, WriteCondition.IfVersion(new FileVersion("v1"))));
        FileStatus first = await CreateAsync(node, f, WriteCondition.IfAbsent);
        await FailsAsync(CacheError.ConditionFailed, () => CreateAsync(node, f, WriteCondition.IfAbsent), "'/f' exists already");
        FileStatus second = await CreateAsync(node, f, WriteCondition.IfVersion(first.File!.Version));
        await FailsAsync(CacheError.ConditionFailed, () => CreateAsync(node, f, WriteCondition.IfVersion(first.File.Version)));
        await CreateAsync(node, f, WriteCondition.IfPresent);
        Assert.NotEqual(first.File, second.File);
    }

    [Fact]
    public async Task Between_mounts_nothing_moves_but_copies_go()
    {
        await using NodeUnderTest node = await MountedAsync();
        byte[] content = new byte[3 * NodeUnderTest.PageSize + 7];
        new Random(5).NextBytes(content);
        CachePath from = CachePath.Parse("/rw/d/sub/f"), tree = CachePath.Parse("/lead/to/copy");
        await node.Files.CreateAsync(from, new MemoryStream(content), WriteCondition.None, default);
        await node.Files.CreateAsync(CachePath.Parse("/rw/d/empty"), Stream.Null, WriteCondition.None, default);
        await FailsAsync(CacheError.NotSupported, () => node.Files.RenameAsync(from, tree, default), "copy it and delete");
        await FailsAsync(CacheError.IsDirectory, () => node.Files.CopyAsync(CachePath.Parse("/rw/d"), tree, recursive: false, default));

        CopiedFiles copied = await node.Files.CopyAsync(CachePath.Parse("/rw/d"), tree, recursive: true, default);

        Assert.Equal(new CopiedFiles(2, 2, content.Length), copied);
        Assert.Equal(content, await node.ReadAsync("/lead/to/copy/sub/f"));
        Assert.Equal(0, (await node.Files.GetStatusAsync(CachePath.Parse("/lead/to/copy/empty"), default)).Length);
        await FailsAsync(CacheError.InvalidArgument, () => node.Files.CopyAsync(CachePath.Parse("/rw/d"), CachePath.Parse("/rw/d/sub/x"), recursive: true, default));
        await FailsAsync(CacheError.InvalidArgument, () => node.Files.CopyAsync(from, from, recursive: false, default));
    }

    [Fact]
    public async Task A_copy_starts_over_once_where_its_source_changes()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.PutAsync("f", 4 * NodeUnderTest.PageSize, seed: 1);
        await node.Files.GetStatusAsync(CachePath.Parse("/f"), default);
        byte[] now = await node.PutAsync("f", 2 * NodeUnderTest.PageSize, seed: 2);

        CopiedFiles copied = await node.Files.CopyAsync(CachePath.Parse("/f"), CachePath.Parse("/g"), recursive: false, default);

        Assert.Equal(now.Length, copied.Bytes);
        Assert.Equal(now, await node.ReadAsync("/g"));
    }

    [Fact]
    public async Task Two_that_create_one_file_only_if_absent_have_one_winner()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        for (int round = 0; round < 20; round++)
        {
            var path = CachePath.Parse($"/f{round}");
            UfsHold hold = node.Source.Hold(UfsRequest.Write);
            Task<FileStatus>[] writers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => CreateAsync(node, path, WriteCondition.IfAbsent)))];
            await hold.ArrivedAsync();
            hold.Release();
            await Task.WhenAll(writers.Select(w => w.ContinueWith(_ => { }, TaskScheduler.Default)));
            Assert.Equal(1, writers.Count(w => w.IsCompletedSuccessfully));
            Assert.All(writers.Where(w => w.IsFaulted), w => Assert.Equal(CacheError.ConditionFailed, ((CacheException)w.Exception!.InnerException!).Error));
        }
    }

    /// <summary>/ro; /rw with /rw/inner/er in it; /lead/to.</summary>
    private static async Task<NodeUnderTest> MountedAsync()
    {
        NodeUnderTest node = await NodeUnderTest.StartAsync();
        await node.PutAsync("there", 1);
        node.Mounts = new MountTable(2,
        [
            new Mount(CachePath.Parse("/ro"), node.Source, Freshness.Default),
            Writable("/rw", node.Time),
            Writable("/rw/inner/er", node.Time),
            Writable("/lead/to", node.Time),
        ]);
        return node;
    }

    private static Mount Writable(string path, TimeProvider time) =>
        new(CachePath.Parse(path), new MemoryUnderStorage(path, time), Freshness.Default) { IsWritable = true };

    private static Task<FileStatus> CreateAsync(NodeUnderTest node, CachePath path, WriteCondition condition = default) =>
        node.Files.CreateAsync(path, new MemoryStream([1, 2, 3]), condition, default);

    private static async Task FailsAsync(CacheError error, Func<Task> act, params string[] saying)
    {
        CacheException thrown = await Assert.ThrowsAsync<CacheException>(act);
        Assert.True(error == thrown.Error, $"Expected {error}, but it was {thrown.Error}: {thrown.Message}");
        Assert.All(saying, part => Assert.Contains(part, thrown.Message, StringComparison.Ordinal));
    }
}
