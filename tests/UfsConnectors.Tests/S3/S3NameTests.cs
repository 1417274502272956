using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>Keys as other programs make them: what a file system would never hold.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class S3NameTests : UnderStorageFixture
{
    private readonly string _prefix = "n-" + Guid.NewGuid().ToString("N");
    private Uri _endpoint = null!;

    [ServerFact]
    public async Task A_key_that_is_file_and_prefix_is_the_file_and_what_is_below_is_found_by_name()
    {
        await PutObjectAsync("a", 1);
        await PutObjectAsync("a.txt", 2);
        await PutObjectAsync("a/b", 3);
        Assert.Equal(["a", "a.txt"], await NamesAsync(""));
        Assert.Equal(1, (await StatusAsync("a")).Length);
        Assert.Equal(3, (await StatusAsync("a/b")).Length);
        Assert.Equal(["b"], await NamesAsync("a"));
    }

    [ServerFact]
    public async Task First_bytes_come_with_the_status_of_whatever_is_there()
    {
        foreach ((string name, int length) in ((string, int)[])[("a", 1), ("a/b", 3), ("empty/", 0), ("data/", 5), ("x//y", 2), ("up/../out", 4), ("dir/./file", 6), ("a ~+&?#", 7), ("none", 0)])
            await PutObjectAsync(name, length);
        foreach (string key in (string[])["a", "a/b", "empty", "data", "x", "x/\u0001", "x/\u0001/y", "up", "up/..\u0001/out", "dir/.\u0001/file", "dir/file", "a ~+&?#", "none", "out", "b", "\u0001"])
        {
            FirstBytes? first = await Storage.OpenFirstAsync(key, 65_536, None);
            UfsStatus? alone = await Storage.GetStatusAsync(key, None);
            if (first is null)
            {
                // An empty object, or what can only be a directory.
                Assert.True(alone is null or { Length: 0 });
                continue;
            }
            Assert.Equal(alone, first.Status);
            Assert.Equal(alone is { IsDirectory: false }, first.Reader is not null);
            if (first.Reader is null)
                continue;
            await using IUfsReader reader = first.Reader;
            Assert.Equal(alone!.Length, (await ReadToEndAsync(reader)).Length);
        }
    }

    [ServerFact]
    public async Task Markers_make_empty_directories_and_are_no_entries()
    {
        await PutObjectAsync("empty/", 0);
        await PutObjectAsync("data/", 5);
        await PutObjectAsync("data/file", 1);
        Assert.True((await StatusAsync("empty")).IsDirectory);
        Assert.Empty(await NamesAsync("empty"));
        Assert.Equal(["file"], await NamesAsync("data"));
        Assert.Equal(["data", "empty"], await NamesAsync(""));
        await Storage.DeleteAsync("empty", None);
        Assert.Null(await Storage.GetStatusAsync("empty", None));
        await AssertFailsAsync(CacheError.NotEmpty, () => Storage.DeleteAsync("data", None));
    }

    [ServerFact]
    public async Task Names_with_empty_parts_and_dots_are_found_by_the_parts_that_stand_for_them()
    {
        foreach (string name in (string[])["ok", "x//y", "x/-z", "./dot", "up/../out", "dir/./file", "dir/fine"])
            await PutObjectAsync(name, 1);
        Assert.Equal([".\u0001", "dir", "ok", "up", "x"], await NamesAsync(""));
        Assert.Equal([".\u0001", "fine"], await NamesAsync("dir"));
        Assert.Equal(["\u0001", "-z"], await NamesAsync("x"));
        Assert.Equal(["-z"], await NamesAsync("x", "\u0001"));
        Assert.Equal(["y"], await NamesAsync("x/\u0001"));
        Assert.Equal(1, (await StatusAsync("x/\u0001/y")).Length);
        Assert.True((await StatusAsync("x/\u0001")).IsDirectory);
        Assert.Equal(1, (await StatusAsync("up/..\u0001/out")).Length);
        Assert.Null(await Storage.GetStatusAsync("out", None));
        await PutAsync("up/..\u0001/made", Content(10));
        Assert.Equal(Content(10), await ReadAllAsync("up/..\u0001/made"));
        await Storage.RenameAsync("x", "moved", None);
        Assert.Equal(["\u0001", "-z"], await NamesAsync("moved"));
    }

    [ServerFact]
    public async Task A_path_with_a_mark_that_no_name_needs_is_nobodys()
    {
        await PutAsync("d/f", Content(10));
        await PutAsync("a", Content(10));
        foreach (string key in (string[])["a\u0001", "d\u0001/f", "d\u0001"])
        {
            Assert.Null(await Storage.GetStatusAsync(key, None));
            await AssertFailsAsync(CacheError.InvalidPath, () => Storage.CreateAsync(key, new MemoryStream([1]), None));
            await AssertFailsAsync(CacheError.NotFound, () => Storage.DeleteAsync(key, None));
            await AssertFailsAsync(CacheError.NotFound, () => Storage.RenameAsync(key, "x", None));
        }
        Assert.Equal(["a", "d"], await NamesAsync(""));
        Assert.Equal(Content(10), await ReadAllAsync("d/f"));
    }

    [ServerFact]
    public async Task Many_names_with_a_doubtful_order_come_in_order_with_few_requests()
    {
        string[] names = [.. Enumerable.Range(0, 2_500).Select(i => $"img-{i:d5}.jpg")];
        await S3Fixture.PutManyAsync(StorageServer.Radosgw, Storage, [.. names, "img/below", "img-00007/below"]);
        string[] expected = [.. names.Concat(["img", "img-00007"]).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, await NamesAsync(""));
        Assert.Equal(expected.Where(n => string.CompareOrdinal(n, "img-01000.jpg") > 0), await NamesAsync("", "img-01000.jpg"));
        Assert.InRange(Storage.Traffic!.Requests(UfsOperation.List).Value, 1, 12);
    }

    [ServerFact]
    public async Task A_mount_of_a_prefix_sees_nothing_beside_it()
    {
        await PutObjectAsync("in", 1);
        await S3Fixture.PutAsync(_endpoint, _prefix + "-beside/out", [1]);
        await S3Fixture.PutAsync(_endpoint, _prefix + ".out", [1]);
        Assert.Equal(["in"], await NamesAsync(""));
        await AssertFailsAsync(CacheError.InvalidPath, async () => await Storage.GetStatusAsync("../kept", None));
    }

    [ServerFact]
    public async Task A_directory_moves_object_by_object()
    {
        await PutAsync("dir/a", Content(10));
        await PutAsync("dir/sub/b", Content(20));
        await Storage.RenameAsync("dir", "moved/here", None);
        Assert.Null(await Storage.GetStatusAsync("dir", None));
        Assert.Equal(Content(10), await ReadAllAsync("moved/here/a"));
        Assert.Equal(Content(20), await ReadAllAsync("moved/here/sub/b"));
    }

    protected override async Task<IUnderStorage> OpenAsync()
    {
        _endpoint = await S3Fixture.EndpointAsync(StorageServer.Radosgw);
        return await S3Fixture.OpenAsync(StorageServer.Radosgw, _prefix);
    }

    private Task PutObjectAsync(string name, int length) => S3Fixture.PutAsync(_endpoint, $"{_prefix}/{name}", new byte[length]);
}
