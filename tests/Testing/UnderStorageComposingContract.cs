using Orleans.Cache.Identity;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Testing;

/// <summary>Files that are made of others: their bytes in order, or nothing at all.</summary>
public abstract class UnderStorageComposingContract : UnderStorageFixture
{
    private const int Large = 5 * CacheLimits.MiB;

    /// <summary>Whether the storage makes files of others.</summary>
    protected virtual bool Composes => false;

    [ServerTheory]
    [InlineData("whole", Large + 1, Large, 3)]
    [InlineData("dir/sub dir/a+b %20%2F café 日本.txt", Large, 7)]
    [InlineData("one", 100)]
    public async Task A_file_of_others_has_their_bytes_in_order(string key, params int[] lengths)
    {
        if (!CanName(key))
            return;
        var attributes = new UfsAttributes { ContentType = "text/x-test", User = new Dictionary<string, string> { ["who"] = "me" } };
        UfsPart[] parts = await PartsAsync("parts/a+b é", lengths);

        UfsStatus? made = await ComposeAsync(key, parts, attributes: attributes);

        Assert.Equal(Composes, made is not null);
        if (made is null)
        {
            Assert.Null(await Storage.GetStatusAsync(key, None));
            return;
        }
        Assert.Equal(await StatusAsync(key), made);
        Assert.Equal(Storage.Capabilities.KeepsAttributes ? attributes : null, made.Attributes);
        byte[] all = [.. lengths.SelectMany((length, i) => Bytes(length, i))];
        Assert.Equal(all, await ReadAllAsync(key));
        foreach (UfsPart part in parts)
            Assert.Equal(part.Version, (await StatusAsync(part.Key)).Version);
    }

    [ServerFact]
    public async Task A_file_of_others_replaces_what_was_there_as_its_condition_says()
    {
        UfsPart[] parts = await PartsAsync("part", Large, 10);
        FileVersion old = (await PutAsync("file", Content(3))).Version;
        await RefusedAsync(CacheError.ConditionFailed, WriteCondition.IfAbsent);
        await RefusedAsync(CacheError.ConditionFailed, WriteCondition.IfVersion(parts[0].Version));
        Assert.Equal(old, (await StatusAsync("file")).Version);
        Assert.Equal(Composes, await ComposeAsync("file", parts, WriteCondition.IfVersion(old)) is not null);
        Assert.Equal(Composes, await ComposeAsync("file", parts, WriteCondition.IfPresent) is not null);
        Assert.Equal(Composes, await ComposeAsync("other", parts, WriteCondition.IfAbsent) is not null);
        Assert.Equal(Composes ? Large + 10 : 3, (await StatusAsync("file")).Length);

        async Task RefusedAsync(CacheError error, WriteCondition condition)
        {
            if (Composes)
                await AssertFailsAsync(error, () => ComposeAsync("file", parts, condition));
        }
    }

    [ServerTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_a_part_that_changed_or_went_nothing_is_made(bool isThere)
    {
        UfsPart[] parts = await PartsAsync("part", Large, Large, 10);
        await PutAsync("file", Content(3));
        if (isThere)
            await PutAsync(parts[1].Key, Bytes(Large, seed: 9));
        else
            await Storage.DeleteAsync(parts[1].Key, None);
        try
        {
            Assert.Null(await ComposeAsync("file", parts));
        }
        catch (CacheException e)
        {
            Assert.Equal(isThere ? CacheError.Changed : CacheError.NotFound, e.Error);
        }
        Assert.Equal(Content(3), await ReadAllAsync("file"));
    }

    [ServerTheory]
    [InlineData(100, 100)]
    [InlineData(Large, 0)]
    [InlineData(0)]
    public async Task Parts_that_no_store_takes_are_left_to_who_writes_bytes(params int[] lengths)
    {
        if (!Composes)
            return;
        UfsPart[] parts = await PartsAsync("part", lengths);
        Assert.Null(await ComposeAsync("file", parts));
        Assert.Null(await Storage.GetStatusAsync("file", None));
        Assert.Null(await ComposeAsync("file", []));
    }

    private async Task<UfsPart[]> PartsAsync(string name, params int[] lengths)
    {
        var parts = new UfsPart[lengths.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            byte[] bytes = Bytes(lengths[i], i);
            UfsStatus written = await PutAsync($"{name}-{i}", bytes);
            parts[i] = new UfsPart($"{name}-{i}", written.Version, bytes.Length, Md5(bytes));
        }
        return parts;
    }

    private Task<UfsStatus?> ComposeAsync(string key, UfsPart[] parts, WriteCondition condition = default, UfsAttributes? attributes = null) =>
        Storage.ComposeAsync(key, parts, new ObjectWrite(condition, _ => attributes ?? UfsAttributes.None), None);

    /// <summary>Other ones for each part.</summary>
    private static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
