using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Testing;

/// <summary>Statuses that come with first bytes: the same as those that come alone, or none.</summary>
public abstract class UnderStorageFirstBytesContract : UnderStorageComposingContract
{
    private const int Wanted = 65_536;

    /// <summary>Whether the storage has such an answer at all.</summary>
    protected virtual bool OpensFirst => false;

    [ServerTheory]
    [InlineData("file", 1)]
    [InlineData("file", Wanted - 1)]
    [InlineData("file", Wanted)]
    [InlineData("file", Wanted + 1)]
    [InlineData("file", 1_000_000)]
    [InlineData("dir/sub dir/a+b %20%2F caf\u00e9 \u65e5\u672c.txt", 1000)]
    public async Task First_bytes_come_with_the_status_that_comes_alone(string key, int length)
    {
        if (!CanName(key))
            return;
        byte[] content = Content(length);
        await PutAsync(key, content);
        UfsStatus alone = await StatusAsync(key);

        FirstBytes? first = await Storage.OpenFirstAsync(key, Wanted, None);

        Assert.Equal(OpensFirst, first is not null);
        if (first is null)
            return;
        Assert.Equal(alone, first.Status);
        await using IUfsReader reader = first.Reader!;
        Assert.Equal(length, reader.FileLength);
        Assert.True(reader.MayPublish);
        Assert.Equal(content[..Math.Min(length, Wanted)], await ReadToEndAsync(reader, piece: 10_001));
    }

    [ServerFact]
    public async Task First_bytes_come_with_the_attributes_that_the_status_tells()
    {
        var attributes = new UfsAttributes
        {
            ContentType = "text/x-test",
            Headers = new Dictionary<string, string>
            {
                ["Cache-Control"] = "max-age=5",
                ["Content-Disposition"] = "attachment; filename=\"a b\"",
                ["Content-Encoding"] = "gzip",
                ["Content-Language"] = "de",
                ["Expires"] = "Thu, 01 Dec 1994 16:00:00 GMT",
            },
            User = new Dictionary<string, string> { ["who"] = "me", ["long"] = new('x', 500) },
        };
        using var body = new MemoryStream(Content(100));
        await Storage.CreateObjectAsync("described", body, new ObjectWrite(WriteCondition.None, _ => attributes), None);
        UfsStatus alone = await StatusAsync("described");

        FirstBytes? first = await Storage.OpenFirstAsync("described", Wanted, None);

        Assert.Equal(OpensFirst, first is not null);
        if (first is null)
            return;
        await using IUfsReader reader = first.Reader!;
        Assert.Equal(alone, first.Status);
        Assert.Equal(Storage.Capabilities.KeepsAttributes ? attributes : null, first.Status!.Attributes);
        Assert.Equal(Content(100), await ReadToEndAsync(reader));
    }

    [ServerTheory]
    [InlineData("")]
    [InlineData("dir")]
    [InlineData("made")]
    [InlineData("missing")]
    [InlineData("missing/deeper")]
    [InlineData("file/below")]
    [InlineData("empty")]
    public async Task Where_no_bytes_are_the_status_is_told_as_ever_or_not_at_all(string key)
    {
        await PutAsync("dir/file", Content(3));
        await PutAsync("file", Content(3));
        await PutAsync("empty", []);
        await Storage.CreateDirectoryAsync("made", None);

        FirstBytes? first = await Storage.OpenFirstAsync(key, Wanted, None);

        if (first is null)
            return;
        Assert.True(OpensFirst);
        Assert.Null(first.Reader);
        Assert.Equal(await Storage.GetStatusAsync(key, None), first.Status);
    }

    [ServerFact]
    public async Task First_bytes_that_nobody_reads_are_closed_and_hold_nothing_up()
    {
        await PutAsync("file", Content(1_000_000));
        for (int i = 0; i < 300; i++)
        {
            if (await Storage.OpenFirstAsync("file", 1_000_000, None) is { Reader: { } reader })
                await reader.DisposeAsync();
        }
        Assert.Equal(Content(1_000_000), await ReadAllAsync("file"));
    }

    [ServerFact]
    public async Task First_bytes_that_are_given_up_end_as_cancelled()
    {
        await PutAsync("file", Content(10));
        if (!OpensFirst)
            return;
        using var cancelled = new CancellationTokenSource();
        FirstBytes? first = await Storage.OpenFirstAsync("file", Wanted, None);
        await using IUfsReader reader = first!.Reader!;
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Storage.OpenFirstAsync("file", Wanted, cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader.ReadAsync(new byte[10], cancelled.Token));
    }
}
