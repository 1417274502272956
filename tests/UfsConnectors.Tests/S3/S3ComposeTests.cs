using System.Collections.Concurrent;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>Objects that the store makes of others, through faults: the right one, or the old one and no upload that is left.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class S3ComposeTests : FaultyS3Fixture
{
    private const int Part = 5 * CacheLimits.MiB;
    private const int Parts = 6;

    private UfsPart[] _parts = [];

    [ServerTheory]
    [InlineData("partNumber=3", 503, "SlowDown")]
    [InlineData("partNumber=3", 500, "InternalError")]
    [InlineData("partNumber=3", 200, "InternalError")]
    [InlineData("uploads", 500, "InternalError")]
    [InlineData("POST uploadId", 503, "SlowDown")]
    public async Task A_fault_that_passes_is_not_noticed_and_no_byte_is_read(string at, int status, string code)
    {
        int done = 0;
        Proxy.Faults = r => Is(r, at) && Interlocked.Increment(ref done) == 1 ? new Fault { Status = status, Code = code } : null;
        UfsStatus? made = await ComposeAsync();
        Assert.Equal(2, done);
        Assert.DoesNotContain(Proxy.Requests, r => r.Method == "GET");
        Assert.Equal(Parts + (at.StartsWith("part", StringComparison.Ordinal) ? 1 : 0), Proxy.Requests.Count(r => r.Header("x-amz-copy-source") is not null));
        Assert.Equal(await StatusAsync("file"), made);
        byte[] all = [.. Enumerable.Range(0, Parts).SelectMany(Bytes)];
        Assert.Equal(all, await ReadAllAsync("file"));
        await ExpectNoUploadAsync();
    }

    [ServerTheory]
    [InlineData("partNumber=3", 503, "SlowDown", CacheError.Unavailable)]
    [InlineData("partNumber=3", 500, "InternalError", CacheError.Unavailable)]
    [InlineData("partNumber=3", 200, "InternalError", CacheError.Unavailable)]
    [InlineData("uploads", 403, "AccessDenied", CacheError.AccessDenied)]
    [InlineData("POST uploadId", 500, "InternalError", CacheError.Unavailable)]
    [InlineData("POST uploadId", 200, "InternalError", CacheError.Unavailable)]
    [InlineData("POST uploadId", 403, "AccessDenied", CacheError.AccessDenied)]
    public async Task A_fault_that_stays_leaves_the_old_file_and_no_upload(string at, int status, string code, CacheError error)
    {
        await PutAsync("file", Content(10));
        Proxy.Faults = r => Is(r, at) ? new Fault { Status = status, Code = code } : null;
        await AssertFailsAsync(error, ComposeAsync);
        Assert.Equal(Content(10), await ReadAllAsync("file"));
        await ExpectNoUploadAsync();
    }

    [ServerTheory]
    [InlineData("partNumber=", 501, "NotImplemented")]
    [InlineData("partNumber=3", 501, "NotImplemented")]
    [InlineData("partNumber=3", 403, "AccessDenied")]
    [InlineData("partNumber=3", 400, "InvalidRequest")]
    [InlineData("partNumber=3", 404, "NoSuchKey")]
    [InlineData("partNumber=3", 404, "NoSuchUpload")]
    [InlineData("partNumber=3", 412, "PreconditionFailed")]
    [InlineData("uploads", 501, "NotImplemented")]
    [InlineData("POST uploadId", 400, "EntityTooSmall")]
    [InlineData("POST uploadId", 400, "InvalidPart")]
    public async Task What_the_store_refuses_is_left_to_who_writes_bytes_and_leaves_nothing(string at, int status, string code)
    {
        await PutAsync("file", Content(10));
        Proxy.Faults = r => Is(r, at) ? new Fault { Status = status, Code = code } : null;
        Assert.Null(await ComposeAsync());
        Assert.Equal(Content(10), await ReadAllAsync("file"));
        await ExpectNoUploadAsync();
    }

    [ServerTheory]
    [InlineData(404, CacheError.NotFound)]
    [InlineData(412, CacheError.Changed)]
    public async Task A_part_that_went_or_changed_meanwhile_is_named(int status, CacheError error)
    {
        await PutAsync("file", Content(10));
        if (error == CacheError.NotFound)
            await Storage.DeleteAsync(_parts[2].Key, None);
        else
            await PutAsync(_parts[2].Key, Bytes(3));
        Proxy.Faults = r => Is(r, "partNumber=3") ? new Fault { Status = status, Code = "Whatever" } : null;
        CacheException failure = await Assert.ThrowsAsync<CacheException>(ComposeAsync);
        Assert.Equal(error, failure.Error);
        Assert.Contains(_parts[2].Key, failure.Message, StringComparison.Ordinal);
        Assert.Equal(Content(10), await ReadAllAsync("file"));
        await ExpectNoUploadAsync();
    }

    [ServerFact]
    public async Task A_name_that_the_store_takes_for_another_is_left_to_who_writes_bytes()
    {
        // Ceph decodes names of what is copied twice: here it finds nothing, and there another object.
        UfsPart whole = _parts[0];
        foreach (string name in (string[])["parts/a%2Fb", "parts/%30"])
        {
            _parts[0] = whole with { Key = name, Version = (await PutAsync(name, Bytes(7))).Version, Md5 = Md5(Bytes(7)) };
            Assert.Null(await ComposeAsync());
        }
        Assert.Null(await Storage.GetStatusAsync("file", None));
        await ExpectNoUploadAsync();
    }

    [ServerFact]
    public async Task A_copy_that_may_be_of_other_bytes_is_not_taken()
    {
        // Ceph copies whatever version is there: only what it says of the copy tells.
        _parts[2] = _parts[2] with { Md5 = null };
        Assert.Null(await ComposeAsync());
        _parts[2] = _parts[2] with { Md5 = _parts[1].Md5 };
        Assert.Null(await ComposeAsync());
        Assert.Null(await Storage.GetStatusAsync("file", None));
        await ExpectNoUploadAsync();
    }

    [ServerFact]
    public async Task What_is_given_up_ends_as_cancelled_and_leaves_no_upload()
    {
        using var cancelled = new CancellationTokenSource();
        var hangs = new TaskCompletionSource();
        Proxy.Faults = r =>
        {
            if (!Is(r, "partNumber=4"))
                return null;
            hangs.TrySetResult();
            return new Fault { Hang = true };
        };
        Task<UfsStatus?> composing = ComposeAsync(cancelled.Token);
        await hangs.Task;
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => composing);
        Assert.Null(await Storage.GetStatusAsync("file", None));
        await ExpectNoUploadAsync();
    }

    [ServerFact]
    public async Task No_more_copies_are_under_way_than_are_allowed()
    {
        var counts = new ConcurrentBag<int>();
        int underWay = 0;
        using var three = new ManualResetEventSlim();
        Proxy.Faults = r =>
        {
            if (r.Header("x-amz-copy-source") is null)
                return null;
            counts.Add(Interlocked.Increment(ref underWay));
            if (Volatile.Read(ref underWay) == 3)
                three.Set();
            // Nobody goes before three are there; and then there is time for a fourth, which must not come.
            three.Wait(TimeSpan.FromSeconds(20));
            Thread.Sleep(50);
            Interlocked.Decrement(ref underWay);
            return null;
        };
        Assert.NotNull(await ComposeAsync());
        Assert.Equal(3, counts.Max());
    }

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _parts = new UfsPart[Parts];
        for (int i = 0; i < Parts; i++)
        {
            byte[] bytes = Bytes(i);
            _parts[i] = new UfsPart($"parts/{i}", (await PutAsync($"parts/{i}", bytes)).Version, bytes.Length, Md5(bytes));
        }
        Proxy.Requests.Clear();
    }

    private protected override RequestLimits Limits => new() { RetryDelay = TimeSpan.FromMilliseconds(5), CopiesUnderWay = 3 };

    /// <summary>Part of the target, with the method before it where that tells.</summary>
    private static bool Is(ProxiedRequest request, string what) =>
        what.Split(' ') is [var method, var rest] ? request.Method == method && request.Target.Contains(rest, StringComparison.Ordinal) : request.Target.Contains(what, StringComparison.Ordinal);

    private Task<UfsStatus?> ComposeAsync() => ComposeAsync(None);

    private Task<UfsStatus?> ComposeAsync(CancellationToken cancellationToken) =>
        Storage.ComposeAsync("file", _parts, new ObjectWrite(WriteCondition.None, _ => UfsAttributes.None), cancellationToken);

    /// <summary>The last is short.</summary>
    private static byte[] Bytes(int part)
    {
        byte[] bytes = new byte[part == Parts - 1 ? 1000 : Part];
        new Random(part).NextBytes(bytes);
        return bytes;
    }
}
