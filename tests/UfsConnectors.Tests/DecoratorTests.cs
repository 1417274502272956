using Orleans.Cache.Telemetry;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests;

public sealed class DecoratorTests
{
    private static CancellationToken None => CancellationToken.None;

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_throttled_request_starts_after_its_latency()
    {
        await using IUnderStorage slow = await FilledAsync(10, inner => new ThrottledUnderStorage(inner, TimeSpan.FromMilliseconds(50), 0, _time));
        ValueTask<UfsStatus?> status = slow.GetStatusAsync("file", None);
        _time.Advance(TimeSpan.FromMilliseconds(49));
        Assert.False(status.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(10, (await status)!.Length);
    }

    [Fact]
    public async Task A_throttled_stream_delivers_evenly_at_its_rate()
    {
        const int Length = 10 * 65_536;
        await using IUnderStorage slow = await FilledAsync(Length, inner => new ThrottledUnderStorage(inner, TimeSpan.Zero, 65_536 * 100, _time));
        DateTimeOffset start = _time.GetUtcNow();
        await using IUfsReader reader = await slow.OpenReadAsync("file", null, 0, Length, None);
        byte[] buffer = new byte[Length];
        for (int piece = 1; piece <= 10; piece++)
        {
            ValueTask<int> read = reader.ReadAsync(buffer, None);
            Assert.False(read.IsCompleted);
            _time.Advance(TimeSpan.FromMilliseconds(10));
            Assert.Equal(65_536, await read);
            Assert.Equal(TimeSpan.FromMilliseconds(10 * piece), _time.GetUtcNow() - start);
        }
        Assert.Equal(0, await reader.ReadAsync(buffer, None));
    }

    [Fact]
    public async Task A_throttled_reader_that_paused_gets_no_burst()
    {
        const int Length = 100 * 65_536;
        await using IUnderStorage slow = await FilledAsync(Length, inner => new ThrottledUnderStorage(inner, TimeSpan.Zero, 65_536 * 100, _time));
        await using IUfsReader reader = await slow.OpenReadAsync("file", null, 0, Length, None);
        _time.Advance(TimeSpan.FromSeconds(10));
        byte[] buffer = new byte[65_536];
        int atOnce = 0;
        while (reader.ReadAsync(buffer, None).AsTask().IsCompleted)
            atOnce++;
        Assert.Equal(2, atOnce);
    }

    [Fact]
    public async Task Streams_of_a_limited_storage_share_its_rate()
    {
        const int Length = 10 * 65_536;
        await using IUnderStorage limited = await FilledAsync(Length, inner => new LimitedUnderStorage(inner, 65_536 * 100, 8, _time));
        DateTimeOffset start = _time.GetUtcNow();
        await using IUfsReader one = await limited.OpenReadAsync("file", null, 0, Length, None);
        await using IUfsReader other = await limited.OpenReadAsync("file", null, 0, Length, None);
        byte[] buffer = new byte[65_536];
        for (int piece = 1; piece <= 10; piece++)
        {
            ValueTask<int> first = one.ReadAsync(buffer, None), second = other.ReadAsync(new byte[65_536], None);
            _time.Advance(TimeSpan.FromMilliseconds(10));
            Assert.Equal(65_536, await first);
            Assert.False(second.IsCompleted);
            _time.Advance(TimeSpan.FromMilliseconds(10));
            Assert.Equal(65_536, await second);
        }
        Assert.Equal(TimeSpan.FromMilliseconds(200), _time.GetUtcNow() - start);
        Assert.Equal(0, await one.ReadAsync(buffer, None));
    }

    [Fact]
    public async Task Streams_that_wait_for_a_limit_leave_room_for_other_requests()
    {
        FaultyUnderStorage source = null!;
        await using IUnderStorage limited = await FilledAsync(100, inner => new LimitedUnderStorage(source = new FaultyUnderStorage(inner), 65_536, 2, _time));
        IUfsReader first = await limited.OpenReadAsync("file", null, 0, 100, None);
        await using IUfsReader second = await limited.OpenReadAsync("file", null, 0, 100, None);
        using var impatient = new CancellationTokenSource();
        Task<IUfsReader> third = limited.OpenReadAsync("file", null, 0, 100, impatient.Token).AsTask(), fourth = limited.OpenReadAsync("file", null, 0, 100, None).AsTask();
        Assert.False(third.IsCompleted || fourth.IsCompleted);
        Assert.Equal(100, (await limited.GetStatusAsync("file", None))!.Length);

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        Assert.False(fourth.IsCompleted);
        await first.DisposeAsync();
        await first.DisposeAsync();
        await (await fourth).DisposeAsync();
        // One that cannot be opened takes nobody's place.
        source.FailNext(UfsRequest.Open, 1, CacheError.Unavailable);
        await Assert.ThrowsAsync<CacheException>(async () => await limited.OpenReadAsync("file", null, 0, 100, None));
        await (await limited.OpenReadAsync("file", null, 0, 100, None)).DisposeAsync();
    }

    [Fact]
    public async Task First_bytes_take_a_stream_where_one_is_free_and_wait_for_none()
    {
        FaultyUnderStorage source = null!;
        await using IUnderStorage limited = await FilledAsync(100, inner => new LimitedUnderStorage(source = new FaultyUnderStorage(inner) { OpensFirst = true }, 65_536, 1, _time));
        FirstBytes first = (await limited.OpenFirstAsync("file", 60, None))!;
        Assert.Equal((100, 1), (first.Status!.Length, source.OpenReaders));
        Assert.Null(await limited.OpenFirstAsync("file", 60, None));
        await first.Reader!.DisposeAsync();
        // Neither where nothing is, nor one that fails, keeps its place.
        Assert.Null((await limited.OpenFirstAsync("missing", 60, None))!.Status);
        source.FailNext(UfsRequest.First, 1, CacheError.Unavailable);
        await Assert.ThrowsAsync<CacheException>(async () => await limited.OpenFirstAsync("file", 60, None));
        await (await limited.OpenFirstAsync("file", 60, None))!.Reader!.DisposeAsync();
        Assert.Equal(0, source.OpenReaders);
    }

    [Fact]
    public async Task First_bytes_are_throttled_as_one_request_and_closed_where_nobody_waits_for_them()
    {
        FaultyUnderStorage source = null!;
        await using IUnderStorage slow = await FilledAsync(
            100, inner => new ThrottledUnderStorage(source = new FaultyUnderStorage(inner) { OpensFirst = true }, TimeSpan.FromMilliseconds(50), 10_000, _time));
        ValueTask<FirstBytes?> opening = slow.OpenFirstAsync("file", 100, None);
        Assert.False(opening.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        await using IUfsReader reader = (await opening)!.Reader!;
        ValueTask<int> reading = reader.ReadAsync(new byte[100], None);
        Assert.False(reading.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(100, await reading);

        using var impatient = new CancellationTokenSource();
        Task<FirstBytes?> second = slow.OpenFirstAsync("file", 100, impatient.Token).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(1, source.OpenReaders);
        source.OpensFirst = false;
        Assert.Null(await slow.OpenFirstAsync("file", 100, None));
    }

    [Fact]
    public async Task First_bytes_count_as_one_read()
    {
        using var counters = new CacheCounters();
        FaultyUnderStorage source = null!;
        await using IUnderStorage metered = await FilledAsync(100, inner => new MeteredUnderStorage(source = new FaultyUnderStorage(inner), counters));
        Assert.Null(await metered.OpenFirstAsync("file", 60, None));
        source.OpensFirst = true;
        await using IUfsReader reader = (await metered.OpenFirstAsync("file", 60, None))!.Reader!;
        Assert.Equal(60, await reader.ReadAsync(new byte[100], None));
        Assert.Equal((1, 60), (counters.UfsReads.Value, counters.BytesFromUfs.Value));
    }

    [Fact]
    public async Task Reads_bytes_and_failures_are_counted_and_answers_are_not_failures()
    {
        using var counters = new CacheCounters();
        FaultyUnderStorage faulty = null!;
        await using IUnderStorage metered = await FilledAsync(
            100, inner => new MeteredUnderStorage(faulty = new FaultyUnderStorage(inner), counters));
        await using (IUfsReader reader = await metered.OpenReadAsync("file", null, 0, 100, None))
        {
            Assert.Equal(60, await reader.ReadAsync(new byte[60], None));
            Assert.Equal(40, await reader.ReadAsync(new byte[60], None));
            faulty.FailNext(UfsRequest.Read, 1, CacheError.Unavailable);
            await Assert.ThrowsAsync<CacheException>(async () => await reader.ReadAsync(new byte[60], None));
        }
        faulty.FailNext(UfsRequest.Open, 1, CacheError.AccessDenied);
        await Assert.ThrowsAsync<CacheException>(async () => await metered.OpenReadAsync("file", null, 0, 100, None));
        await Assert.ThrowsAsync<CacheException>(async () => await metered.OpenReadAsync("missing", null, 0, 1, None));
        await Assert.ThrowsAsync<CacheException>(async () => await metered.OpenReadAsync("file", new("old"), 0, 1, None));
        Assert.Equal((4, 100, 2), (counters.UfsReads.Value, counters.BytesFromUfs.Value, counters.UfsErrors.Value));
    }

    [Fact]
    public async Task A_faulty_storage_does_what_it_is_told()
    {
        FaultyUnderStorage faulty = null!;
        await using IUnderStorage _ = await FilledAsync(100, inner => faulty = new FaultyUnderStorage(inner));
        byte[] buffer = new byte[100];

        UfsHold hold = faulty.Hold(UfsRequest.Open);
        Task<IUfsReader> opening = faulty.OpenReadAsync("file", null, 0, 100, None).AsTask();
        await hold.ArrivedAsync();
        Assert.False(opening.IsCompleted);
        hold.Release();
        faulty.MaxPiece = 7;
        await using (IUfsReader reader = await opening)
            Assert.Equal(7, await reader.ReadAsync(buffer, None));

        faulty.MaxPiece = int.MaxValue;
        faulty.ChangeAfterBytes = 30;
        await using (IUfsReader reader = await faulty.OpenReadAsync("file", null, 0, 100, None))
        {
            Assert.Equal(30, await reader.ReadAsync(buffer, None));
            Assert.Equal(CacheError.Changed, (await Assert.ThrowsAsync<CacheException>(async () => await reader.ReadAsync(buffer, None))).Error);
        }

        faulty.ChangeAfterBytes = null;
        faulty.MissingBytes = 40;
        faulty.RefusePublishing = true;
        await using (IUfsReader reader = await faulty.OpenReadAsync("file", null, 0, 100, None))
        {
            Assert.Equal((60, 0), (await reader.ReadAsync(buffer, None), await reader.ReadAsync(buffer, None)));
            Assert.False(reader.MayPublish);
        }

        faulty.LengthError = -1;
        Assert.Equal(99, (await faulty.GetStatusAsync("file", None))!.Length);
        faulty.FailNext(UfsRequest.Status, 1, new IOException("broken"));
        await Assert.ThrowsAsync<IOException>(async () => await faulty.GetStatusAsync("file", None));
        Assert.Equal((3, 2), (faulty.Count(UfsRequest.Open), faulty.Count(UfsRequest.Status)));
    }

    private async Task<IUnderStorage> FilledAsync(int length, Func<IUnderStorage, IUnderStorage> wrap)
    {
        var memory = new MemoryUnderStorage("test", _time);
        await memory.CreateAsync("file", new MemoryStream(new byte[length]), None);
        return wrap(memory);
    }
}
