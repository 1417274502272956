using Orleans.Cache.Identity;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Testing;

/// <summary>
/// The contract of <see cref="IUnderStorage"/> as facts. A connector derives one class and inherits them all. One that cannot
/// write derives <see cref="UnderStorageListingContract"/> and puts its files there some other way.
/// </summary>
public abstract class UnderStorageContract : UnderStorageListingContract
{
    [ServerFact]
    public async Task Creating_makes_missing_parents()
    {
        UfsStatus created = await PutAsync("a/b/c/file", Content(5));
        Assert.Equal(("a/b/c/file", 5), (created.Key, created.Length));
        Assert.True((await StatusAsync("a/b")).IsDirectory);
        Assert.Equal(["c"], await NamesAsync("a/b"));
    }

    [ServerFact]
    public async Task Creating_replaces_a_longer_file_wholly()
    {
        await PutAsync("file", Content(100_000, seed: 1));
        await PutAsync("file", Content(10, seed: 2));
        Assert.Equal(Content(10, seed: 2), await ReadAllAsync("file"));
        Assert.Equal(["file"], await NamesAsync(""));
    }

    [ServerFact]
    public async Task Creating_over_a_directory_the_root_or_below_a_file_fails_by_name()
    {
        await PutAsync("dir/file", Content(1));
        await AssertFailsAsync(CacheError.IsDirectory, () => PutAsync("dir", Content(1)));
        await AssertFailsAsync(CacheError.NotADirectory, () => PutAsync("dir/file/below", Content(1)));
        await AssertFailsAsync(WriteToRoot, () => PutAsync("", Content(1)));
        await AssertFailsAsync(CacheError.InvalidPath, () => PutAsync("../outside", Content(1)));
    }

    [ServerFact]
    public async Task A_content_that_fails_leaves_the_old_file_and_no_litter()
    {
        UfsStatus old = await PutAsync("dir/file", Content(1000, seed: 1));
        await Assert.ThrowsAsync<InvalidDataException>(() => Storage.CreateAsync("dir/file", new BreakingStream(700_000), None));
        await Assert.ThrowsAsync<InvalidDataException>(() => Storage.CreateAsync("dir/new", new BreakingStream(700_000), None));
        Assert.Equal(old, await StatusAsync("dir/file"));
        Assert.Equal(Content(1000, seed: 1), await ReadAllAsync("dir/file"));
        Assert.Equal(["file"], await NamesAsync("dir"));
        Assert.Null(await Storage.GetStatusAsync("dir/new", None));
        await Storage.DeleteAsync("dir/file", None);
        if (Storage.Capabilities.RealDirectories)
            await Storage.DeleteAsync("dir", None);
    }

    [ServerFact]
    public async Task Readers_see_the_old_or_the_new_content_whole()
    {
        const int Length = 200_000;
        await PutAsync("file", Filled(0));
        using var stop = new CancellationTokenSource();
        Task<int>[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(ReadUntilStopped))];
        for (byte version = 1; version <= 40; version++)
            await PutAsync("file", Filled(version));
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(readers), whole => Assert.True(whole >= 0));
        Assert.Equal(Filled(40), await ReadAllAsync("file"));

        static byte[] Filled(byte value) => [.. Enumerable.Repeat(value, Length)];

        async Task<int> ReadUntilStopped()
        {
            int whole = 0;
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    byte[] read = await ReadAllAsync("file");
                    Assert.Equal(Length, read.Length);
                    Assert.False(read.AsSpan().ContainsAnyExcept(read[0]), "Two contents were mixed.");
                    whole++;
                }
                catch (CacheException e) when (e.Error == CacheError.Changed)
                {
                    // Replaced between status and read, or while it was read: the contract's answer.
                }
            }
            return whole;
        }
    }

    [ServerFact]
    public async Task Two_writers_of_one_key_leave_one_of_their_contents()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 16), async (i, _) => await PutAsync("file", [.. Enumerable.Repeat((byte)i, 50_000)]));
        byte[] left = await ReadAllAsync("file");
        Assert.Equal(50_000, left.Length);
        Assert.False(left.AsSpan().ContainsAnyExcept(left[0]));
        Assert.Equal(["file"], await NamesAsync(""));
    }

    [ServerFact]
    public async Task A_condition_holds_or_nothing_is_written()
    {
        await AssertFailsAsync(CacheError.ConditionFailed, () => PutIfAsync("file", 1, WriteCondition.IfPresent));
        await AssertFailsAsync(CacheError.ConditionFailed, () => PutIfAsync("dir/file", 1, WriteCondition.IfVersion(new FileVersion("none"))));
        Assert.Empty(await NamesAsync(""));
        UfsStatus first = await PutIfAsync("file", 1, WriteCondition.IfAbsent);
        await AssertFailsAsync(CacheError.ConditionFailed, () => PutIfAsync("file", 2, WriteCondition.IfAbsent));
        UfsStatus second = await PutIfAsync("file", 3, WriteCondition.IfVersion(first.Version));
        await AssertFailsAsync(CacheError.ConditionFailed, () => PutIfAsync("file", 4, WriteCondition.IfVersion(first.Version)));
        Assert.Equal(second, await StatusAsync("file"));
        Assert.Equal(5, (await PutIfAsync("file", 5, WriteCondition.IfPresent)).Length);
        Assert.Equal(["file"], await NamesAsync(""));
    }

    [ServerFact]
    public async Task Of_several_that_demand_absence_one_wins_and_of_several_that_demand_a_version_one()
    {
        if (!Storage.Capabilities.AtomicIfAbsent)
            return;
        for (int round = 0; round < 20; round++)
        {
            string key = "file" + round;
            UfsStatus winner = Assert.Single(await RaceAsync(key, WriteCondition.IfAbsent));
            Assert.Equal(winner, await StatusAsync(key));
            UfsStatus next = Assert.Single(await RaceAsync(key, WriteCondition.IfVersion(winner.Version)));
            Assert.Equal(next, await StatusAsync(key));
        }
    }

    /// <summary>All contents have been read to their end before the first may be committed: no check before the commit helps.</summary>
    private async Task<List<UfsStatus>> RaceAsync(string key, WriteCondition condition)
    {
        const int Writers = 4;
        var gate = new Gate(Writers);
        var winners = new List<UfsStatus>();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async i =>
        {
            try
            {
                UfsStatus written = await Storage.CreateAsync(key, new GatedStream(gate, i + 1), condition, None);
                lock (winners)
                    winners.Add(written);
            }
            catch (CacheException e) when (e.Error == CacheError.ConditionFailed)
            {
            }
        }));
        return winners;
    }

    private Task<UfsStatus> PutIfAsync(string key, int length, WriteCondition condition) =>
        Storage.CreateAsync(key, new MemoryStream(Content(length)), condition, None);

    [ServerFact]
    public async Task Making_a_directory_twice_is_fine_and_where_a_file_is_fails()
    {
        await Storage.CreateDirectoryAsync("a/b", None);
        await Storage.CreateDirectoryAsync("a/b", None);
        await Storage.CreateDirectoryAsync("", None);
        if (Storage.Capabilities.RealDirectories)
        {
            Assert.True((await StatusAsync("a/b")).IsDirectory);
            Assert.Empty(await NamesAsync("a/b"));
        }
        await PutAsync("file", Content(1));
        await AssertFailsAsync(CacheError.NotADirectory, () => Storage.CreateDirectoryAsync("file", None));
        await AssertFailsAsync(CacheError.NotADirectory, () => Storage.CreateDirectoryAsync("file/below", None));
    }

    [ServerFact]
    public async Task Deleting_removes_a_file_and_an_empty_directory_and_nothing_else()
    {
        await PutAsync("dir/file", Content(1));
        await AssertFailsAsync(CacheError.NotEmpty, () => Storage.DeleteAsync("dir", None));
        await Storage.DeleteAsync("dir/file", None);
        Assert.Null(await Storage.GetStatusAsync("dir/file", None));
        await AssertFailsAsync(CacheError.NotFound, () => Storage.DeleteAsync("dir/file", None));
        await AssertFailsAsync(CacheError.NotFound, () => Storage.DeleteAsync("missing/deeper", None));
        await AssertFailsAsync(CacheError.InvalidArgument, () => Storage.DeleteAsync("", None));
        if (Storage.Capabilities.RealDirectories)
            await Storage.DeleteAsync("dir", None);
        Assert.Null(await Storage.GetStatusAsync("dir", None));
    }

    [ServerFact]
    public async Task A_version_that_was_deleted_never_comes_back()
    {
        FileVersion first = (await PutAsync("file", Content(10))).Version;
        await Storage.DeleteAsync("file", None);
        // A version that is a hash of the bytes comes back with the same bytes, and only with them.
        FileVersion again = (await PutAsync("file", Content(10, seed: Storage.Capabilities.VersionsNameContent ? 2 : 1))).Version;
        Assert.NotEqual(first, again);
    }

    [ServerFact]
    public async Task Renaming_moves_a_file_over_another_and_makes_parents()
    {
        await PutAsync("a", Content(10, seed: 1));
        await PutAsync("b", Content(20, seed: 2));
        await Storage.RenameAsync("a", "b", None);
        Assert.Null(await Storage.GetStatusAsync("a", None));
        Assert.Equal(Content(10, seed: 1), await ReadAllAsync("b"));
        await Storage.RenameAsync("b", "new/deep/c", None);
        Assert.Equal(Content(10, seed: 1), await ReadAllAsync("new/deep/c"));
        await Storage.RenameAsync("new/deep/c", "new/deep/c", None);
        Assert.Equal(10, (await StatusAsync("new/deep/c")).Length);
    }

    [ServerFact]
    public async Task Renaming_refuses_what_it_cannot_do()
    {
        await PutAsync("dir/file", Content(1));
        await PutAsync("other/file", Content(2));
        await AssertFailsAsync(CacheError.NotFound, () => Storage.RenameAsync("missing", "x", None));
        await AssertFailsAsync(CacheError.NotFound, () => Storage.RenameAsync("missing/deeper", "x", None));
        await AssertFailsAsync(CacheError.AlreadyExists, () => Storage.RenameAsync("dir/file", "other", None));
        await AssertFailsAsync(CacheError.InvalidPath, () => Storage.RenameAsync("dir/file", "../outside", None));
        Assert.Equal(1, (await StatusAsync("dir/file")).Length);
    }

    [ServerFact]
    public async Task A_directory_moves_as_a_whole_where_renames_are_atomic()
    {
        await PutAsync("dir/sub/file", Content(5));
        await PutAsync("other/file", Content(1));
        await PutAsync("plain", Content(1));
        if (!Storage.Capabilities.AtomicRename)
            return;
        await AssertFailsAsync(CacheError.AlreadyExists, () => Storage.RenameAsync("dir", "other", None));
        await AssertFailsAsync(CacheError.AlreadyExists, () => Storage.RenameAsync("dir", "plain", None));
        await AssertFailsAsync(CacheError.InvalidArgument, () => Storage.RenameAsync("dir", "dir/sub/dir", None));
        await Storage.RenameAsync("dir", "moved", None);
        Assert.Null(await Storage.GetStatusAsync("dir", None));
        Assert.Equal(Content(5), await ReadAllAsync("moved/sub/file"));
    }

    /// <summary>Opens when all have come.</summary>
    private sealed class Gate(int expected)
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _come;

        public Task PassAsync()
        {
            if (Interlocked.Increment(ref _come) == expected)
                _open.SetResult();
            return _open.Task;
        }
    }

    /// <summary>Some bytes, and an end that comes when all others' ends have.</summary>
    private sealed class GatedStream(Gate gate, int length) : MemoryStream(new byte[length])
    {
        private bool _ended;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await base.ReadAsync(buffer, cancellationToken);
            if (read == 0 && !_ended)
            {
                _ended = true;
                await gate.PassAsync();
            }
            return read;
        }

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            await base.CopyToAsync(destination, bufferSize, cancellationToken);
            await gate.PassAsync();
        }
    }

    /// <summary>A content that breaks off after some bytes.</summary>
    private sealed class BreakingStream(int bytes) : MemoryStream(new byte[bytes])
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position < Length ? base.ReadAsync(buffer, cancellationToken) : throw new InvalidDataException("The content broke off.");

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            throw new InvalidDataException("The content broke off.");
    }
}
