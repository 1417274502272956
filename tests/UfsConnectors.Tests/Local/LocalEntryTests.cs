using System.Net.Sockets;
using System.Text;
using Orleans.Cache.UfsConnectors.Local;

namespace Orleans.Cache.UfsConnectors.Tests.Local;

public sealed class LocalEntryTests : LocalFixture
{
    [Fact]
    public async Task Pipes_sockets_and_devices_are_refused_without_waiting()
    {
        Posix.MakePipe(Path.Combine(Root, "pipe"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(Root, "socket")));
        Link("to-pipe", "pipe");
        string[] device = Posix.TryMakeDevice(Path.Combine(Root, "device")) ? ["device"] : [];
        string[] special = ["pipe", "socket", "to-pipe", .. device];
        foreach (string key in special)
        {
            await AssertFailsAsync(CacheError.AccessDenied, async () => await Storage.GetStatusAsync(key, None));
            await AssertFailsAsync(CacheError.AccessDenied, () => ReadAsync(key, null, 0, 0));
        }
        Assert.Equal(["file"], await NamesAsync(""));
    }

    [Fact]
    public void What_the_process_may_not_read_is_AccessDenied()
    {
        Directory.Write("root/locked/file", "x"u8);
        Directory.Write("root/secret", "x"u8);
        File.SetUnixFileMode(Path.Combine(Root, "locked"), UnixFileMode.None);
        File.SetUnixFileMode(Path.Combine(Root, "secret"), UnixFileMode.None);
        var root = new LocalRoot(Root);
        using var blocking = new BlockingCalls();
        Posix.AsNobody(() =>
        {
            Assert.Equal(CacheError.AccessDenied, Assert.Throws<CacheException>(() => root.Locate("locked/file")).Error);
            Assert.Equal(CacheError.AccessDenied, Assert.Throws<CacheException>(() => new LocalListing(root, "locked", null, new())).Error);
            using var secret = root.Locate("secret")!;
            CacheException refused = Assert.Throws<CacheException>(() => LocalReader.Open(secret, "secret", null, 0, 1, Time.GetUtcNow(), blocking));
            Assert.Equal(CacheError.AccessDenied, refused.Error);
            Assert.DoesNotContain(Directory.Path, refused.Message, StringComparison.Ordinal);
        });
        File.SetUnixFileMode(Path.Combine(Root, "locked"), (UnixFileMode)0x1ED);
    }

    [Fact]
    public async Task Names_that_are_not_UTF8_are_left_out_and_counted()
    {
        byte[] path = [.. Encoding.UTF8.GetBytes(Root + "/caf"), 0xE9];
        Posix.MakeFile(path);
        try
        {
            Assert.Equal(["file"], await NamesAsync(""));
            Assert.Equal(1, Local.UnreadableNames.Value);
            Assert.Null(await Storage.GetStatusAsync("caf\ufffd", None));
        }
        finally
        {
            Posix.Remove(path);
        }
    }

    [Fact]
    public async Task Lone_surrogates_and_names_of_files_being_written_are_not_keys()
    {
        await AssertFailsAsync(CacheError.InvalidPath, async () => await Storage.GetStatusAsync("a\ud800b", None));
        await AssertFailsAsync(CacheError.InvalidPath, () => PutAsync("dir/.ocache-tmp-1", [1]));
        Directory.Write("root/.ocache-tmp-2", "left by a crash"u8);
        Assert.Equal(["file"], await NamesAsync(""));
    }

    [Fact]
    public async Task Names_and_paths_longer_than_the_file_system_allows_are_not_there()
    {
        Assert.Null(await Storage.GetStatusAsync(new string('n', 256), None));
        Assert.Null(await Storage.GetStatusAsync(string.Join('/', Enumerable.Repeat(new string('n', 200), 30)), None));
        await AssertFailsAsync(CacheError.InvalidPath, () => PutAsync(new string('n', 256), [1]));
    }

    [Fact]
    public async Task The_version_tells_changes_that_hide_behind_the_same_size_and_mtime()
    {
        string path = Path.Combine(Root, "file");
        DateTime modified = File.GetLastWriteTimeUtc(path);
        var before = (await StatusAsync("file")).Version;
        Posix.WaitForTick(Directory.Path);
        File.WriteAllText(path, "INSIDE");
        File.SetLastWriteTimeUtc(path, modified);
        Assert.NotEqual(before, (await StatusAsync("file")).Version);
        await AssertFailsAsync(CacheError.Changed, () => ReadAsync("file", before, 0, 6));
    }

    [Fact]
    public async Task Times_outside_the_calendar_are_told_as_its_ends()
    {
        var far = new Statx();
        Assert.Equal(DateTimeOffset.UnixEpoch, far.Stamp.Modified.ToDateTimeOffset());
        Assert.Equal(DateTimeOffset.MaxValue, new FileTime(long.MaxValue, 999_999_999).ToDateTimeOffset());
        Assert.Equal(DateTimeOffset.MinValue, new FileTime(long.MinValue, 0).ToDateTimeOffset());
        File.SetLastWriteTimeUtc(Path.Combine(Root, "file"), new DateTime(1931, 2, 3, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(1931, (await StatusAsync("file")).LastModified.Year);
    }

    [Fact]
    public async Task A_root_swapped_for_another_directory_is_seen_and_a_missing_one_is_Unavailable()
    {
        Directory.Write("next/file", "next edition"u8);
        System.IO.Directory.Move(Root, Directory["old"]);
        await AssertFailsAsync(CacheError.Unavailable, async () => await Storage.GetStatusAsync("file", None));
        System.IO.Directory.Move(Directory["next"], Root);
        Assert.Equal("next edition"u8.ToArray(), await ReadAllAsync("file"));
    }

    [Fact]
    public void The_identity_is_the_real_path_and_containment_follows_links()
    {
        Assert.Equal("file://" + Root, Local.Identity.Uri);
        File.CreateSymbolicLink(Directory["alias"], Root);
        Assert.Equal("file://" + Root, new LocalUnderStorage(Directory["alias"] + "/", Time).Identity.Uri);
        System.IO.Directory.CreateDirectory(Directory["root/sub"]);
        File.CreateSymbolicLink(Directory["into"], Directory["root/sub"]);
        Assert.True(Local.Contains(Root));
        Assert.True(Local.Contains(Directory["root/sub/store/not/yet/there"]));
        Assert.True(Local.Contains(Directory["into/store"]));
        Assert.True(Local.Contains(Directory["alias"]));
        Assert.False(Local.Contains(Outside));
        Assert.False(Local.Contains(Directory["rooted"]));
        Assert.False(Local.Contains("/"));
    }

    [Theory]
    [InlineData("relative")]
    [InlineData("/no/such/directory")]
    [InlineData("/dev/null")]
    public void A_root_that_is_no_directory_is_refused_by_name(string path)
    {
        CacheException refused = Assert.Throws<CacheException>(() => new LocalUnderStorage(path, Time));
        Assert.Equal(CacheError.InvalidArgument, refused.Error);
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
    }
}
