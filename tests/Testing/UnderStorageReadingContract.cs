using Orleans.Cache.Identity;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Testing;

/// <summary>Statuses, ranged reads, versions and names.</summary>
public abstract class UnderStorageReadingContract : UnderStorageFirstBytesContract
{
    public static TheoryData<string> AwkwardNames =>
    [
        "with space", " leading and trailing ", "a+b", "100%", "%2F", "%20", "a%2Fb", "q?x=1&y#z",
        "back\\slash", "new\nline", "quote\"'`", "...", ".hidden", "~",
        "caf\u00e9", "cafe\u0301", "\u65e5\u672c\u8a9e", "\U0001F600\U0001F469\u200D\U0001F4BB",
        new string('n', 255), string.Concat(Enumerable.Repeat("\u00e9", 127)) + "x",
    ];

    [ServerFact]
    public async Task Nothing_there_is_a_null_status()
    {
        await PutAsync("file", Content(3));
        Assert.Null(await Storage.GetStatusAsync("missing", None));
        Assert.Null(await Storage.GetStatusAsync("missing/deeper", None));
        Assert.Null(await Storage.GetStatusAsync("file/below", None));
    }

    [ServerFact]
    public async Task The_root_is_a_directory()
    {
        UfsStatus root = await StatusAsync("");
        Assert.True(root.IsDirectory);
        Assert.Equal(0, root.Length);
    }

    [ServerFact]
    public async Task A_status_tells_length_and_a_version_of_entity_tag_characters()
    {
        await PutAsync("dir/file", Content(12_345));
        UfsStatus file = await StatusAsync("dir/file");
        Assert.Equal(("dir/file", "file", 12_345, false), (file.Key, file.Name, file.Length, file.IsDirectory));
        Assert.All(file.Version.Token, c => Assert.True(c == 0x21 || c is >= (char)0x23 and <= (char)0x7E, $"'{c}' cannot stand in an entity tag."));
        Assert.Equal(file.Version, (await StatusAsync("dir/file")).Version);
        UfsStatus directory = await StatusAsync("dir");
        Assert.True(directory.IsDirectory);
        Assert.Equal(0, directory.Length);
    }

    [ServerFact]
    public async Task An_empty_file_reads_as_nothing()
    {
        UfsStatus created = await PutAsync("empty", []);
        Assert.Equal(0, created.Length);
        Assert.Empty(await ReadAsync("empty", created.Version, 0, 0));
        Assert.Empty(await ReadAsync("empty", null, 0, 0));
    }

    [ServerTheory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(0, 300_000)]
    [InlineData(299_999, 1)]
    [InlineData(300_000, 0)]
    [InlineData(65_535, 2)]
    [InlineData(65_536, 131_072)]
    [InlineData(1, 299_999)]
    public async Task A_range_gives_exactly_its_bytes(int offset, int length)
    {
        byte[] content = Content(300_000);
        UfsStatus created = await PutAsync("file", content);
        Assert.Equal(content.AsSpan(offset, length).ToArray(), await ReadAsync("file", created.Version, offset, length, piece: 70_001));
    }

    [ServerFact]
    public async Task A_range_past_the_end_is_Changed()
    {
        UfsStatus created = await PutAsync("file", Content(10));
        await AssertFailsAsync(CacheError.Changed, () => ReadAsync("file", created.Version, 5, 6));
        await AssertFailsAsync(CacheError.Changed, () => ReadAsync("file", created.Version, 11, 0));
        await AssertFailsAsync(CacheError.Changed, () => ReadAsync("file", null, long.MaxValue - 1, 1));
    }

    [ServerFact]
    public async Task An_empty_buffer_reads_nothing_and_ends_nothing()
    {
        byte[] content = Content(10);
        await PutAsync("file", content);
        await using IUfsReader reader = await Storage.OpenReadAsync("file", null, 0, 10, None);
        Assert.Equal(0, await reader.ReadAsync(Memory<byte>.Empty, None));
        Assert.Equal(content, await ReadToEndAsync(reader));
    }

    [ServerFact]
    public async Task Another_version_is_Changed()
    {
        UfsStatus first = await PutAsync("file", Content(100, seed: 1));
        UfsStatus second = await PutAsync("file", Content(100, seed: 2));
        Assert.NotEqual(first.Version, second.Version);
        await AssertFailsAsync(CacheError.Changed, () => ReadAsync("file", first.Version, 0, 100));
        Assert.Equal(Content(100, seed: 2), await ReadAsync("file", second.Version, 0, 100));
    }

    [ServerFact]
    public async Task A_version_that_never_was_is_Changed()
    {
        await PutAsync("file", Content(10));
        await AssertFailsAsync(CacheError.Changed, () => ReadAsync("file", new FileVersion("never"), 0, 10));
    }

    [ServerFact]
    public async Task Each_content_of_a_key_has_its_own_version()
    {
        var versions = new HashSet<FileVersion>();
        for (int i = 0; i < 20; i++)
            Assert.True(versions.Add((await PutAsync("file", Content(64, seed: i))).Version));
    }

    [ServerFact]
    public async Task The_status_after_a_write_is_the_one_it_answered()
    {
        UfsStatus created = await PutAsync("dir/file", Content(7));
        Assert.Equal(created, await StatusAsync("dir/file"));
    }

    [ServerFact]
    public async Task Opening_nothing_or_a_directory_fails_by_name()
    {
        await PutAsync("dir/file", Content(3));
        await AssertFailsAsync(CacheError.NotFound, () => ReadAsync("missing", null, 0, 0));
        await AssertFailsAsync(CacheError.NotFound, () => ReadAsync("dir/missing", new FileVersion("x"), 0, 1));
        await AssertFailsAsync(CacheError.NotFound, () => ReadAsync("dir/file/below", null, 0, 0));
        await AssertFailsAsync(CacheError.IsDirectory, () => ReadAsync("dir", null, 0, 0));
    }

    [ServerTheory]
    [InlineData("..")]
    [InlineData("../file")]
    [InlineData("dir/../file")]
    [InlineData("./file")]
    [InlineData("/file")]
    [InlineData("dir//file")]
    [InlineData("dir/")]
    [InlineData("a\0b")]
    public async Task Text_that_is_not_a_key_is_refused(string text)
    {
        if (!IsRefusedAsKey(text))
            return;
        await PutAsync("file", Content(3));
        await AssertFailsAsync(CacheError.InvalidPath, async () => await Storage.GetStatusAsync(text, None));
        await AssertFailsAsync(CacheError.InvalidPath, () => ReadAsync(text, null, 0, 0));
        await AssertFailsAsync(CacheError.InvalidPath, () => NamesAsync(text));
    }

    [ServerTheory]
    [MemberData(nameof(AwkwardNames))]
    public async Task Any_name_is_found_read_and_listed_as_it_is(string name)
    {
        if (!CanName(name))
        {
            await AssertCannotNameAsync(name);
            return;
        }
        byte[] content = Content(100);
        await PutAsync(name, content);
        await PutAsync("dir/" + name, content);
        Assert.Equal(name, (await StatusAsync(name)).Name);
        Assert.Equal(content, await ReadAllAsync("dir/" + name));
        Assert.Equal([name], await NamesAsync("dir"));
    }

    [ServerFact]
    public async Task Composed_and_decomposed_names_are_two_names()
    {
        await PutAsync("caf\u00e9", Content(1));
        await PutAsync("cafe\u0301", Content(2));
        Assert.Equal(1, (await StatusAsync("caf\u00e9")).Length);
        Assert.Equal(2, (await StatusAsync("cafe\u0301")).Length);
    }

    [ServerFact]
    public async Task A_cancelled_request_ends_as_cancelled()
    {
        await PutAsync("file", Content(10));
        using var cancelled = new CancellationTokenSource();
        await using IUfsReader reader = await Storage.OpenReadAsync("file", null, 0, 10, None);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Storage.GetStatusAsync("file", cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Storage.OpenReadAsync("file", null, 0, 10, cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader.ReadAsync(new byte[10], cancelled.Token));
        Assert.Equal(10, (await ReadAllAsync("file")).Length);
    }

    [ServerFact]
    public async Task Many_read_at_once_and_each_gets_its_own_range()
    {
        byte[] content = Content(2_000_000);
        UfsStatus created = await PutAsync("file", content);
        await Parallel.ForEachAsync(Enumerable.Range(0, 64), async (i, _) =>
        {
            int offset = i * 31_000;
            Assert.Equal(content.AsSpan(offset, 40_000).ToArray(), await ReadAsync("file", created.Version, offset, 40_000, piece: 9_999));
        });
    }
}
