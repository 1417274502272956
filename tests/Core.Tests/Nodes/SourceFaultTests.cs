using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Core.Tests.Nodes;

/// <summary>
/// Sources that misbehave, through the whole engine: a read gives bytes of one version or an error, never fewer than it should
/// as if they were all, and what went wrong leaves nothing behind that a later read could trip over.
/// </summary>
public sealed class SourceFaultTests
{
    private const int Page = NodeUnderTest.PageSize;
    private const int Length = 3 * Page + 100;

    [Theory]
    [InlineData(1)]
    [InlineData(Page)]
    [InlineData(Length)]
    public async Task A_source_that_ends_early_is_Changed_and_its_pages_are_not_kept_short(int missing)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", Length);
        node.Source.MissingBytes = missing;

        Assert.Equal(CacheError.Changed, (await Assert.ThrowsAsync<CacheException>(() => node.ReadAsync("/f"))).Error);
        await node.SettledAsync();

        node.Source.MissingBytes = 0;
        Assert.Equal(content, await node.ReadAsync("/f"));
        Assert.Equal(content[^100..], await node.ReadAsync("/f", Length - 100));
    }

    [Fact]
    public async Task A_small_read_past_the_cache_of_a_source_that_ends_early_is_Changed()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", Length);
        node.Source.MissingBytes = 10;

        Assert.Equal(CacheError.Changed, (await Assert.ThrowsAsync<CacheException>(() => node.ReadAsync("/f", 5, 10))).Error);

        node.Source.MissingBytes = 0;
        Assert.Equal(content[5..15], await node.ReadAsync("/f", 5, 10));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Page - 1)]
    public async Task A_file_that_changes_after_some_bytes_gives_these_and_then_an_error(int after)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", Length);
        CacheFile file = await node.Files.OpenAsync(CachePath.Parse("/f"), default);
        node.Source.ChangeAfterBytes = after;

        (byte[] got, CacheException? error) = await ReadUntilErrorAsync(file);

        Assert.Equal(CacheError.Changed, error?.Error);
        Assert.True(content.AsSpan().StartsWith(got));
        Assert.InRange(got.Length, 0, after);
        node.Source.ChangeAfterBytes = null;
        Assert.Equal(content, await node.ReadAsync("/f"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Page)]
    [InlineData(100 * Page)]
    public async Task A_length_that_is_told_too_large_is_an_error_and_never_made_up_bytes(int tooMuch)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(freshness: Freshness.Strict);
        byte[] content = await node.PutAsync("f", Length);
        node.Source.LengthError = tooMuch;

        Assert.Equal(CacheError.Changed, (await Assert.ThrowsAsync<CacheException>(() => node.ReadAsync("/f"))).Error);
        await node.SettledAsync();
        Assert.Equal(0, node.Store.GetStatus().Sum(s => s.Pages));

        node.Source.LengthError = 0;
        Assert.Equal(content, await node.ReadAsync("/f"));
    }

    [Theory]
    [InlineData("shrinks")]
    [InlineData("grows")]
    [InlineData("changes")]
    [InlineData("disappears")]
    public async Task A_file_that_changes_between_two_fills_of_one_read_gives_one_version_or_an_error(string how)
    {
        // Fills of one page: each opens the source anew.
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(new CacheLimits { MaxFillBytes = Page, ReadAheadBytes = Page });
        byte[] old = await node.PutAsync("f", Length);
        CacheFile file = await node.Files.OpenAsync(CachePath.Parse("/f"), default);
        Assert.True(await file.ReadAsync(0, new byte[Page], Page, default) > 0);
        await node.SettledAsync();
        byte[] now = how switch
        {
            "shrinks" => await node.PutAsync("f", Page, seed: 2),
            "grows" => await node.PutAsync("f", 2 * Length, seed: 2),
            "changes" => await node.PutAsync("f", Length, seed: 2),
            _ => [],
        };
        if (how == "disappears")
            await node.Source.DeleteAsync("f", default);

        (byte[] got, CacheException? error) = await ReadUntilErrorAsync(file);

        Assert.Equal(how == "disappears" ? CacheError.NotFound : CacheError.Changed, error?.Error);
        Assert.True(old.AsSpan().StartsWith(got));
        if (how == "disappears")
            Assert.Equal(CacheError.NotFound, (await Assert.ThrowsAsync<CacheException>(() => node.ReadAsync("/f"))).Error);
        else
            Assert.Equal(now, await node.ReadAsync("/f"));
    }

    [Theory]
    [InlineData(UfsRequest.Status)]
    [InlineData(UfsRequest.Open)]
    [InlineData(UfsRequest.Read)]
    public async Task A_source_that_hangs_fails_its_readers_in_bounded_time_and_serves_again_when_it_comes_back(UfsRequest request)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", Length);
        UfsHold hold = node.Source.Hold(request);
        Task<byte[]>[] readers = [.. Enumerable.Range(0, 10).Select(_ => Task.Run(() => node.ReadAsync("/f")))];
        await hold.ArrivedAsync();
        foreach (Task<byte[]> reader in readers)
            Assert.False(reader.IsCompleted);

        // A reader that comes late may be the first of another flight: time goes on until all have given up.
        Task all = Task.WhenAll(readers);
        while (!all.IsCompleted)
        {
            node.Time.Advance(node.Limits.FillProgressTimeout);
            await Task.Yield();
        }
        var errors = new List<CacheError>();
        foreach (Task<byte[]> reader in readers)
            errors.Add((await Assert.ThrowsAsync<CacheException>(() => reader)).Error);
        // One that came late may have waited for what the others held.
        Assert.All(errors, error => Assert.True(error is CacheError.Unavailable or CacheError.Overloaded, $"{error}"));
        Assert.Contains(CacheError.Unavailable, errors);

        hold.Release();
        await node.SettledAsync();
        Assert.Equal(content, await node.ReadAsync("/f"));
    }

    [Fact]
    public async Task A_source_that_hangs_in_the_middle_has_given_right_bytes_and_then_an_error()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", Length);
        node.Source.HoldReadsAfter = Page + 10;
        UfsHold reads = node.Source.Hold(UfsRequest.Read);
        CacheFile file = await node.Files.OpenAsync(CachePath.Parse("/f"), default);
        Task<(byte[] Got, CacheException? Error)> reader = Task.Run(() => ReadUntilErrorAsync(file));
        await reads.ArrivedAsync();

        while (!reader.IsCompleted)
        {
            node.Time.Advance(node.Limits.FillProgressTimeout);
            await Task.Yield();
        }

        (byte[] got, CacheException? error) = await reader;
        Assert.Equal(CacheError.Unavailable, error?.Error);
        Assert.InRange(got.Length, 0, Length - 1);
        Assert.True(content.AsSpan().StartsWith(got));
    }

    [Theory]
    [InlineData(UfsRequest.Open)]
    [InlineData(UfsRequest.Read)]
    public async Task Failures_of_every_request_are_errors_of_the_under_storage_and_do_not_last(UfsRequest request)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", Length);
        foreach (Exception failure in new Exception[] { new CacheException(CacheError.Unavailable, "down"), new IOException("broken"), new InvalidOperationException("bug") })
        {
            node.Source.FailNext(request, 1, failure);
            CacheException seen = await Assert.ThrowsAsync<CacheException>(() => node.ReadAsync("/f"));
            Assert.Equal(CacheError.Unavailable, seen.Error);
        }
        Assert.Equal(content, await node.ReadAsync("/f"));
    }

    [Fact]
    public async Task Answers_in_tiny_pieces_are_put_together()
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync();
        byte[] content = await node.PutAsync("f", Page + 100);
        node.Source.MaxPiece = 37;

        Assert.Equal(content, await node.ReadAsync("/f"));
        await node.SettledAsync();
        Assert.Equal(content, await node.ReadAsync("/f"));
    }

    /// <summary>Beliefs and marks are kept by the clock that only goes forward; what an administrator does to the other changes nothing.</summary>
    [Theory]
    [InlineData(-365)]
    [InlineData(365)]
    public async Task A_step_of_the_wall_clock_neither_keeps_nor_ends_what_is_believed(int days)
    {
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(freshness: Freshness.Bounded(TimeSpan.FromSeconds(60)));
        byte[] content = await node.PutAsync("f", Length);
        node.Source.RefusePublishing = true;
        await node.ReadAsync("/f");
        await node.SettledAsync();
        int stats = node.Source.Count(UfsRequest.Status);
        node.Time.SetUtcNow(node.Time.GetUtcNow().AddDays(days));
        node.Source.RefusePublishing = false;

        await node.Files.OpenAsync(CachePath.Parse("/f"), default);
        Assert.Equal(stats, node.Source.Count(UfsRequest.Status));
        node.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(content, await node.ReadAsync("/f"));
        Assert.Equal(stats + 1, node.Source.Count(UfsRequest.Status));
        await node.SettledAsync();
        Assert.Equal(4, node.Store.GetStatus().Sum(s => s.Pages));
    }

    /// <summary>Reads as a front-end does, up to the end or an error.</summary>
    private static async Task<(byte[] Got, CacheException? Error)> ReadUntilErrorAsync(CacheFile file)
    {
        using var got = new MemoryStream();
        byte[] chunk = new byte[Page / 2];
        try
        {
            int read;
            while ((read = await file.ReadAsync(got.Length, chunk, file.Ref.Length - got.Length, default)) > 0)
                got.Write(chunk, 0, read);
            Assert.Equal(file.Ref.Length, got.Length);
            return (got.ToArray(), null);
        }
        catch (CacheException e)
        {
            return (got.ToArray(), e);
        }
    }
}
