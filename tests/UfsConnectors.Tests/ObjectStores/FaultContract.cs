using System.Diagnostics;
using Orleans.Cache.Identity;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.ObjectStores;

/// <summary>
/// Reading through a network that misbehaves. What holds for every fault: each byte that a read gives is the right one, and a read that gives
/// fewer than were asked for throws.
/// </summary>
public abstract class FaultContract : IAsyncLifetime
{
    private const int Length = 1_500_000;

    private static readonly byte[] Content = Random(Length);

    private static CancellationToken None => CancellationToken.None;

    private readonly string _prefix = "f-" + Guid.NewGuid().ToString("N");
    private IUnderStorage _direct = null!;
    private IUnderStorage _storage = null!;
    private FileVersion _version;
    private FaultProxy _proxy = null!;

    private protected static RequestLimits Limits { get; } = new()
    {
        Patience = TimeSpan.FromSeconds(1),
        RetryDelay = TimeSpan.FromMilliseconds(5),
        BreakAfter = 6,
        BreakFor = TimeSpan.FromSeconds(1),
    };

    /// <summary>Faults that go away when the request is repeated.</summary>
    public static TheoryData<string> Passing => [.. Kinds.Keys];

    /// <summary>Answers that are whole HTTP and yet not what was asked for.</summary>
    public static TheoryData<string> Lies => [.. LieKinds.Keys];

    private static Dictionary<string, Fault> Kinds { get; } = new()
    {
        ["500"] = new() { Status = 500 },
        ["503"] = new() { Status = 503, Code = "SlowDown" },
        ["429"] = new() { Status = 429, Code = "TooManyRequests" },
        ["reset before the head"] = new() { ResetAfter = 0 },
        ["reset after a byte"] = new() { ResetAfter = 1 },
        ["reset in the middle"] = new() { ResetAfter = 700_001 },
        ["reset before the last byte"] = new() { ResetAfter = Length - 1 },
        ["closed after the head"] = new() { CloseAfter = 0 },
        ["closed in the middle"] = new() { CloseAfter = 700_001 },
        ["no first byte"] = new() { Hang = true },
        ["nothing more in the middle"] = new() { HangAfter = 700_001 },
    };

    private static Dictionary<string, Fault> LieKinds { get; } = new()
    {
        ["short body"] = new() { CutBody = 1 },
        ["much shorter body"] = new() { CutBody = 1_000_000 },
        ["another total"] = new() { WrongTotal = 1, ResetAfter = 1000 },
        ["smaller total"] = new() { WrongTotal = -1 },
        ["another version"] = new() { ETag = "other" },
        ["no version"] = new() { ETag = "" },
        ["no range"] = new() { DropRange = true },
    };

    public async Task InitializeAsync()
    {
        Uri endpoint = await EndpointAsync();
        _direct = Connect(endpoint, _prefix, Limits);
        _version = (await _direct.CreateAsync("dir/file", new MemoryStream(Content), None)).Version;
        _proxy = new FaultProxy(endpoint);
        _storage = Connect(_proxy.Url, _prefix, Limits);
    }

    public async Task DisposeAsync()
    {
        await _storage.DisposeAsync();
        await _direct.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    private protected abstract Task<Uri> EndpointAsync();

    private protected abstract IUnderStorage Connect(Uri endpoint, string prefix, RequestLimits limits);

    [ServerTheory]
    [MemberData(nameof(Passing))]
    public async Task A_fault_that_passes_is_not_noticed(string kind)
    {
        _proxy.Faults = Once(Kinds[kind]);
        await ExpectWholeAsync(0, Length);
        // Connections that were open and end before the head are the HTTP client's own to repeat.
        Assert.True(_storage.Traffic!.Retries.Value > 0 || Kinds[kind].ResetAfter == 0);
    }

    [ServerTheory]
    [MemberData(nameof(Passing))]
    public async Task A_fault_that_stays_fails_the_read_and_gives_nothing_wrong(string kind)
    {
        _proxy.Faults = r => r.IsRead ? Kinds[kind] : null;
        // What comes on well each time comes to its end; a reset takes with it what was on its way.
        if (Kinds[kind] is { CloseAfter: > CacheLimits.TransferPiece } or { HangAfter: > CacheLimits.TransferPiece })
            await ExpectWholeAsync(0, Length);
        else if (Kinds[kind] is { ResetAfter: > CacheLimits.TransferPiece })
            await ReadAsync(0, Length);
        else
            Assert.Equal(CacheError.Unavailable, await ExpectFailureAsync(0, Length));
    }

    [ServerTheory]
    [MemberData(nameof(Lies))]
    public async Task An_answer_that_is_not_what_was_asked_for_is_never_taken_for_it(string kind)
    {
        _proxy.Faults = r => r.IsRead ? LieKinds[kind] : null;
        Assert.Contains(await ExpectFailureAsync(10, Length - 10), (CacheError[])[CacheError.Unavailable, CacheError.Changed]);
        Assert.Contains(await ExpectFailureAsync(0, Length - 10), (CacheError[])[CacheError.Unavailable, CacheError.Changed]);
    }

    [ServerTheory]
    [MemberData(nameof(Passing))]
    public async Task First_bytes_come_with_their_status_through_faults(string kind)
    {
        _proxy.Faults = Once(Kinds[kind]);
        FirstBytes? first = await _storage.OpenFirstAsync("dir/file", 2 * Length, None);
        Assert.Equal((Length, _version), (first!.Status!.Length, first.Status.Version));
        await ExpectFirstAsync(first);
    }

    [ServerTheory]
    [MemberData(nameof(Lies))]
    public async Task First_bytes_of_another_answer_than_was_asked_for_are_left(string kind)
    {
        _proxy.Faults = r => r.IsRead ? LieKinds[kind] : null;
        FirstBytes? first = await _storage.OpenFirstAsync("dir/file", 2 * Length, None);
        // The file was asked for, of whatever version, and a whole one needs no range.
        Assert.Equal(kind is "another version" or "no range", first is not null);
        if (first is null)
            return;
        Assert.Equal((Length, kind == "another version" ? new FileVersion("other") : _version), (first.Status!.Length, first.Status.Version));
        await ExpectFirstAsync(first);
    }

    [ServerTheory]
    [InlineData(403, "AccessDenied")]
    [InlineData(403, "InvalidObjectState")]
    [InlineData(416, "InvalidRange")]
    [InlineData(400, "InvalidRequest")]
    public async Task First_bytes_that_are_refused_leave_the_question_for_the_status(int status, string code)
    {
        _proxy.Faults = r => r.IsRead ? new Fault { Status = status, Code = code } : null;
        Assert.Null(await _storage.OpenFirstAsync("dir/file", Length, None));
        Assert.Single(_proxy.Requests);
        Assert.Equal(Length, (await _storage.GetStatusAsync("dir/file", None))!.Length);
    }

    [ServerFact]
    public async Task Nobody_keeps_a_turn_of_first_bytes()
    {
        // More than there are turns, and none of them read.
        for (int i = 0; i < 2 * Limits.Concurrency; i++)
            await (await _storage.OpenFirstAsync("dir/file", 65_536, None))!.Reader!.DisposeAsync();
        Assert.Equal(2 * Limits.Concurrency, _storage.Traffic!.Requests(UfsOperation.Get).Value);
        Assert.Equal(0, _storage.Traffic.Requests(UfsOperation.Head).Value);
        await ExpectWholeAsync(0, Length);
    }

    [ServerFact]
    public async Task Nobody_keeps_the_connection_of_an_answer_whose_tag_is_unusable()
    {
        await using IUnderStorage narrow = Connect(_proxy.Url, _prefix, Limits with { Concurrency = 2, Attempts = 1, BreakAfter = int.MaxValue });
        _proxy.Faults = r => r.IsRead ? new Fault { ETag = "a b" } : null;
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(async () => await narrow.OpenFirstAsync("dir/file", Length, None))).Error);
            Assert.Equal(CacheError.Unavailable, (await Assert.ThrowsAsync<CacheException>(async () => await narrow.OpenReadAsync("dir/file", _version, 0, Length, None))).Error);
        }
        Assert.Equal(4, _proxy.Requests.Count(r => r.IsRead));
        _proxy.Faults = _ => null;
        await ExpectFirstAsync((await narrow.OpenFirstAsync("dir/file", Length, None))!);
    }

    [ServerFact]
    public async Task Nobody_keeps_the_connection_of_a_body_that_is_left_early()
    {
        await using IUnderStorage narrow = Connect(_proxy.Url, _prefix, Limits with { Concurrency = 2, Attempts = 1 });
        for (int i = 0; i < 4; i++)
        {
            await (await narrow.OpenFirstAsync("dir/file", Length, None))!.Reader!.DisposeAsync();
            await (await narrow.OpenReadAsync("dir/file", _version, 0, Length, None)).DisposeAsync();
        }
        await ExpectFirstAsync((await narrow.OpenFirstAsync("dir/file", Length, None))!);
    }

    [ServerFact]
    public async Task A_version_that_changes_between_two_answers_of_one_read_is_Changed()
    {
        _proxy.Faults = r => !r.IsRead ? null : r.Number == 1 ? new Fault { ResetAfter = 400_000 } : new Fault { ETag = "other" };
        Assert.Equal(CacheError.Changed, await ExpectFailureAsync(0, Length));
    }

    [ServerFact]
    public async Task A_file_that_is_replaced_while_it_is_read_is_Changed_and_never_mixed()
    {
        await using IUfsReader reader = await _storage.OpenReadAsync("dir/file", _version, 0, Length, None);
        byte[] buffer = new byte[Length];
        _proxy.Faults = r => r.IsRead ? new Fault { ResetAfter = 1 } : null;
        await _direct.CreateAsync("dir/file", new MemoryStream(Random(Length, 2)), None);
        int got = 0;
        CacheException? failure = null;
        try
        {
            while (await reader.ReadAsync(buffer.AsMemory(got), None) is var read && read > 0)
                got += read;
        }
        catch (CacheException e)
        {
            failure = e;
        }
        Assert.True(Content.AsSpan(0, got).SequenceEqual(buffer.AsSpan(0, got)));
        Assert.True(got == Length || failure?.Error == CacheError.Changed);
        Assert.Equal(CacheError.Changed, await ExpectFailureAsync(0, Length));
    }

    [ServerTheory]
    [InlineData(403, "AccessDenied", CacheError.AccessDenied)]
    [InlineData(404, "NoSuchKey", CacheError.NotFound)]
    [InlineData(412, "PreconditionFailed", CacheError.Changed)]
    [InlineData(416, "InvalidRange", CacheError.Changed)]
    public async Task A_refusal_is_told_as_what_it_is_and_not_repeated(int status, string code, CacheError error)
    {
        _proxy.Faults = _ => new Fault { Status = status, Code = code };
        Assert.Equal(error, await ExpectFailureAsync(0, Length));
        Assert.Single(_proxy.Requests, r => r.IsRead);
    }

    [ServerFact]
    public async Task A_store_that_asks_for_time_is_given_it()
    {
        _proxy.Faults = Once(new Fault { Status = 503, Code = "SlowDown", RetryAfter = 1 });
        long start = Stopwatch.GetTimestamp();
        await ExpectWholeAsync(0, 1000);
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromSeconds(0.99), "The store was asked again before it wanted to be.");
    }

    [ServerFact]
    public async Task A_slow_line_is_not_a_dead_one()
    {
        // Twice the patience in all, and never a tenth of it without a byte.
        _proxy.Faults = r => r.IsRead ? new Fault { PieceDelay = TimeSpan.FromMilliseconds(20) } : null;
        await ExpectWholeAsync(0, Length);
        Assert.Equal(0, _storage.Traffic!.Retries.Value);
    }

    [ServerFact]
    public async Task A_slow_first_byte_is_waited_for_as_long_as_patience_lasts_and_then_asked_for_again()
    {
        _proxy.Faults = r => r.IsRead ? new Fault { FirstByteDelay = TimeSpan.FromMilliseconds(400) } : null;
        await ExpectWholeAsync(0, Length);
        Assert.Equal(0, _storage.Traffic!.Retries.Value);
        _proxy.Faults = Once(new Fault { FirstByteDelay = TimeSpan.FromSeconds(3) });
        await ExpectWholeAsync(0, Length);
        Assert.Equal(1, _storage.Traffic.Retries.Value);
    }

    [ServerFact]
    public async Task No_more_requests_are_under_way_than_the_mount_allows()
    {
        await using IUnderStorage storage = Connect(_proxy.Url, _prefix, Limits with { Concurrency = 3, Patience = TimeSpan.FromSeconds(30) });
        var delay = TimeSpan.FromMilliseconds(300);
        _proxy.Faults = r => r.Method == "HEAD" ? new Fault { FirstByteDelay = delay } : null;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => storage.GetStatusAsync("dir/file", None).AsTask()));
        Assert.True(Stopwatch.GetElapsedTime(start) >= 3.9 * delay, "Twelve requests, three at a time, take four times as long as one.");
        Assert.Equal(12, _proxy.Requests.Count);
    }

    [ServerFact]
    public async Task A_dead_store_is_asked_no_more_until_it_has_had_time_and_then_works_again()
    {
        _proxy.IsDead = true;
        for (int i = 0; _storage.Traffic!.Broken == 0 && i < 10; i++)
            await ExpectFailureAsync(0, 100);
        Assert.Equal(1, _storage.Traffic.Broken);
        int connections = _proxy.Connections;
        for (int i = 0; i < 50; i++)
            Assert.Equal(CacheError.Unavailable, await ExpectFailureAsync(0, 100));
        Assert.InRange(_proxy.Connections - connections, 0, 1);
        _proxy.IsDead = false;
        for (int i = 0; _storage.Traffic.Broken == 1; i++)
        {
            Assert.True(i < 100, "The store counts as dead although it answers.");
            await Task.Delay(100);
            await ReadAsync(0, 100);
        }
        await ExpectWholeAsync(0, Length);
    }

    [ServerFact]
    public async Task Statuses_and_listings_through_faults_are_right_or_fail()
    {
        foreach (Fault fault in Kinds.Values.Where(f => f is { Hang: false, HangAfter: null }))
        {
            _proxy.Faults = r => r.Number % 2 == 1 ? fault with { ResetAfter = fault.ResetAfter > 50 ? 50 : fault.ResetAfter } : null;
            Assert.Equal(Length, (await _storage.GetStatusAsync("dir/file", None))!.Length);
            var names = new List<string>();
            await foreach (UfsStatus entry in _storage.ListAsync("dir", null, None))
                names.Add(entry.Name);
            Assert.Equal(["file"], names);
        }
        _proxy.Faults = _ => new Fault { Status = 403, Code = "AccessDenied" };
        CacheException denied = await Assert.ThrowsAsync<CacheException>(async () => await _storage.GetStatusAsync("dir/file", None));
        Assert.Equal(CacheError.AccessDenied, denied.Error);
    }

    private static async Task ExpectFirstAsync(FirstBytes first)
    {
        await using IUfsReader reader = first.Reader!;
        byte[] buffer = new byte[Length];
        int got = 0;
        while (await reader.ReadAsync(buffer.AsMemory(got), None) is var read && read > 0)
            got += read;
        Assert.True(Content.AsSpan().SequenceEqual(buffer.AsSpan(0, got)), "Wrong bytes were given.");
    }

    private static Func<ProxiedRequest, Fault?> Once(Fault fault)
    {
        int done = 0;
        return r => r.IsRead && Interlocked.Exchange(ref done, 1) == 0 ? fault : null;
    }

    private async Task ExpectWholeAsync(int offset, int length)
    {
        (byte[] got, CacheException? failure) = await ReadAsync(offset, length);
        Assert.Null(failure);
        Assert.Equal(length, got.Length);
    }

    private async Task<CacheError> ExpectFailureAsync(int offset, int length)
    {
        (byte[] _, CacheException? failure) = await ReadAsync(offset, length);
        Assert.NotNull(failure);
        return failure.Error;
    }

    /// <summary>What a read gives, compared already, and how it failed.</summary>
    private async Task<(byte[] Got, CacheException? Failure)> ReadAsync(int offset, int length)
    {
        byte[] buffer = new byte[length];
        int got = 0;
        CacheException? failure = null;
        try
        {
            await using IUfsReader reader = await _storage.OpenReadAsync("dir/file", _version, offset, length, None);
            // As the engine does.
            if (reader.FileLength != Length)
                throw CacheException.Changed("dir/file");
            while (await reader.ReadAsync(buffer.AsMemory(got, Math.Min(length - got, 100_000)), None) is var read && read > 0)
                got += read;
            Assert.Equal(length, got);
        }
        catch (CacheException e)
        {
            failure = e;
        }
        Assert.True(Content.AsSpan(offset, got).SequenceEqual(buffer.AsSpan(0, got)), "Wrong bytes were given.");
        return (buffer[..got], failure);
    }

    private static byte[] Random(int length, int seed = 1)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }
}
