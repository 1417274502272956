using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Testing;

/// <summary>Listings: what, in which order, from where.</summary>
public abstract class UnderStorageListingContract : UnderStorageReadingContract
{
    [ServerFact]
    public async Task A_listing_gives_files_and_directories_one_level_deep()
    {
        await PutAsync("a/one", Content(1));
        await PutAsync("a/deep/two", Content(2));
        await PutAsync("b", Content(3));
        var entries = new List<UfsStatus>();
        await foreach (UfsStatus status in Storage.ListAsync("a", null, None))
            entries.Add(status);
        Assert.Equal(["a/deep", "a/one"], entries.Select(e => e.Key));
        Assert.True(entries[0].IsDirectory);
        // What a store keeps beside the bytes only a status tells.
        Assert.Equal((await StatusAsync("a/one")) with { Attributes = null }, entries[1]);
        Assert.Equal(["a", "b"], await NamesAsync(""));
    }

    [ServerFact]
    public async Task Names_come_in_ordinal_order_of_their_UTF16_code_units()
    {
        // U+FF5E sorts behind U+1F600 in UTF-16 and before it in UTF-8: the contract says UTF-16.
        string[] names = ["B", "Z", "a", "a b", "a-", "a0", "aa", "\u00e9", "\U0001F600", "\uff5e"];
        foreach (string name in names.Reverse())
            await PutAsync("dir/" + name, Content(1));
        Assert.Equal(names, await NamesAsync("dir"));
    }

    [ServerFact]
    public async Task A_directory_sorts_by_its_name_and_not_by_its_prefix()
    {
        // As keys, "a-" < "a/x" < "a0"; as names, "a" < "a-" < "a0".
        await PutAsync("a/x", Content(1));
        await PutAsync("a-", Content(1));
        await PutAsync("a0", Content(1));
        Assert.Equal(["a", "a-", "a0"], await NamesAsync(""));
        Assert.Equal(["a-", "a0"], await NamesAsync("", startAfter: "a"));
    }

    [ServerFact]
    public async Task Start_after_skips_up_to_and_including_a_name_that_need_not_exist()
    {
        foreach (string name in (string[])["a", "c", "e"])
            await PutAsync(name, Content(1));
        Assert.Equal(["a", "c", "e"], await NamesAsync("", startAfter: ""));
        Assert.Equal(["c", "e"], await NamesAsync("", startAfter: "a"));
        Assert.Equal(["c", "e"], await NamesAsync("", startAfter: "b"));
        Assert.Empty(await NamesAsync("", startAfter: "e"));
        Assert.Empty(await NamesAsync("", startAfter: "f"));
    }

    [ServerFact]
    public async Task Five_thousand_entries_come_each_once_and_can_be_taken_in_pages()
    {
        await PutManyAsync(Enumerable.Range(0, 5_000).Select(i => $"dir/{i:d5}"));
        string[] expected = [.. Enumerable.Range(0, 5_000).Select(i => $"{i:d5}")];
        Assert.Equal(expected, await NamesAsync("dir"));

        var paged = new List<string>();
        for (string? last = null; ; last = paged[^1])
        {
            int before = paged.Count;
            await foreach (UfsStatus status in Storage.ListAsync("dir", last, None))
            {
                paged.Add(status.Name);
                if (paged.Count - before == 999)
                    break;
            }
            if (paged.Count == before)
                break;
        }
        Assert.Equal(expected, paged);
    }

    [ServerFact]
    public async Task Listing_nothing_or_a_file_fails_by_name()
    {
        await PutAsync("file", Content(1));
        await AssertFailsAsync(CacheError.NotFound, () => NamesAsync("missing"));
        await AssertFailsAsync(CacheError.NotADirectory, () => NamesAsync("file"));
    }

    [ServerFact]
    public async Task A_listing_can_be_cancelled_in_the_middle()
    {
        for (int i = 0; i < 10; i++)
            await PutAsync($"dir/{i}", []);
        using var cancelling = new CancellationTokenSource();
        int seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (UfsStatus _ in Storage.ListAsync("dir", null, cancelling.Token))
            {
                if (++seen == 3)
                    await cancelling.CancelAsync();
            }
        });
        Assert.Equal(3, seen);
    }

    [ServerFact]
    public async Task A_storage_that_cannot_write_says_NotSupported()
    {
        if (Storage.Capabilities.CanWrite)
            return;
        await AssertFailsAsync(CacheError.NotSupported, () => Storage.CreateAsync("file", Stream.Null, None));
        await AssertFailsAsync(CacheError.NotSupported, () => Storage.CreateDirectoryAsync("dir", None));
        await AssertFailsAsync(CacheError.NotSupported, () => Storage.DeleteAsync("file", None));
        await AssertFailsAsync(CacheError.NotSupported, () => Storage.RenameAsync("a", "b", None));
    }
}
