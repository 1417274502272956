using System.Diagnostics;
using System.Text;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Hostile;

/// <summary>
/// A node that is attacked: a read-only mount (/data) and a writable one (/rw), a canary beside them that no answer may ever
/// hold, and a control reader that must be served all the time. What every attack must leave as it was, <see cref="AssertUnharmedAsync"/> asks.
/// </summary>
public sealed class HostileNode : IAsyncLifetime, IDisposable
{
    public const int BigLength = 2 * CacheLimits.MiB + 17;

    /// <summary>Beside the connections of the tests themselves: backing files, sources, assemblies that were not needed before.</summary>
    private const int OtherDescriptors = 100;

    /// <summary>The runtime's code and pools for what was not used before the attack.</summary>
    private const long OtherMemory = 128L * CacheLimits.MiB;

    /// <summary>What Kestrel warns of when the machine, which the attackers share, has no processor for a second.</summary>
    private const string SlowHeartbeat = "Microsoft.AspNetCore.Server.Kestrel[22]";

    private static readonly TimeSpan ControlPatience = TimeSpan.FromSeconds(10);

    private readonly TemporaryDirectory _root = new();
    private readonly CancellationTokenSource _done = new();
    private readonly byte[] _canary = Encoding.ASCII.GetBytes("canary-" + Guid.NewGuid().ToString("N"));
    private AccessWatch _watch = null!;
    private Task _control = Task.CompletedTask;
    private long _memoryAtRest;
    private int _descriptorsAtRest;
    private int _controlReads;

    internal NodeProcess Node { get; private set; } = null!;

    internal byte[] Big { get; } = new byte[BigLength];

    /// <summary>What is mounted at /data.</summary>
    internal string Inside => _root["inside"];

    internal string Writable => _root["writable"];

    public async Task InitializeAsync()
    {
        new Random(1).NextBytes(Big);
        _root.Write("outside/canary", _canary);
        _root.Write("canary", _canary);
        _root.Write("inside/a", "small"u8);
        _root.Write("inside/big", Big);
        _root.Write("inside/dir/b", "deep"u8);
        _root.Write("writable/keep", "kept"u8);
        Directory.CreateSymbolicLink(_root["inside/way-out"], _root["outside"]);
        File.CreateSymbolicLink(_root["inside/canary-link"], _root["outside/canary"]);
        Node = await NodeProcess.StartAsync("--mount", $"/data=file://{Inside}", "--mount", $"/rw=file://{Writable},rw", "--store", $"{_root["pages"]}=64MiB");
        await Node.GetFileAsync("/data/big");
        await Node.GetMetricAsync("ocache_page_hits_total");
        _memoryAtRest = Node.ReadRssAnon();
        _descriptorsAtRest = Node.CountDescriptors();
        _watch = new AccessWatch(_root["outside"]);
        _control = ReadOnAsync();
    }

    public async Task DisposeAsync()
    {
        await _done.CancelAsync();
        await _control;
        await Node.DisposeAsync();
        _watch.Dispose();
    }

    /// <summary>Called after DisposeAsync: the node is gone by then.</summary>
    public void Dispose()
    {
        _done.Dispose();
        _root.Dispose();
    }

    internal Task<RawConnection> ConnectAsync() => RawConnection.OpenAsync(Node.Rest);

    /// <summary>Sends a request (each char a byte), ends sending, and gives all answers that came.</summary>
    internal Task<IReadOnlyList<RawAnswer>> TryAsync(string request) => TryAsync(Encoding.Latin1.GetBytes(request));

    internal async Task<IReadOnlyList<RawAnswer>> TryAsync(byte[] request)
    {
        using RawConnection connection = await ConnectAsync();
        await connection.SendAsync(request);
        connection.EndSending();
        byte[] received = await connection.ReadToEndAsync();
        Assert.True(received.AsSpan().IndexOf(_canary) < 0, "The canary is in the answer to " + Encoding.Latin1.GetString(request));
        // The server answers HTTP/2's preface, which some mutations come to, by a frame of its own.
        IReadOnlyList<RawAnswer> answers = received is [0, 0, ..] ? [] : RawAnswer.ParseAll(received, request.AsSpan().StartsWith("HEAD "u8));
        foreach (RawAnswer answer in answers)
            AssertClear(answer, request);
        return answers;
    }

    /// <summary>The one answer to a request that is at least the beginning of HTTP.</summary>
    internal async Task<RawAnswer> AskAsync(string request) => Assert.Single(await TryAsync(request));

    internal Task<RawAnswer> GetAsync(string target, string headers = "") => AskAsync($"GET {target} HTTP/1.1\r\nHost: node\r\n{headers}\r\n");

    /// <summary>
    /// The answer to more than the node takes. It answers before it has read all and ends the connection; the reset that the
    /// unread rest causes can overtake the answer (RFC 9112, 9.6), so the request is made until one arrives.
    /// </summary>
    internal async Task<RawAnswer> AskTooMuchAsync(string request)
    {
        const int Attempts = 20;
        for (int i = 1; i < Attempts; i++)
        {
            if (await TryAsync(request) is [RawAnswer answer])
                return answer;
        }
        return await AskAsync(request);
    }

    /// <summary>Others are served meanwhile, nothing outside was touched, the log is silent, memory and descriptors come back.</summary>
    internal async Task AssertUnharmedAsync()
    {
        int reads = Volatile.Read(ref _controlReads);
        await NodeProcess.UntilAsync(() => Task.FromResult(_control.IsCompleted || Volatile.Read(ref _controlReads) > reads), "a reader that is not served");
        Assert.False(_control.IsCompleted, "The control reader failed: " + _control.Exception?.InnerException);
        Assert.False(_watch.Saw(), "Somebody opened what lies outside of the mounts.");
        Assert.Equal(["canary", "inside", "outside", "pages", "writable"], Directory.GetFileSystemEntries(_root.Path).Select(Path.GetFileName).Order());
        Assert.Equal("small", await File.ReadAllTextAsync(Path.Combine(Inside, "a")));
        string[] log = Node.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(log.All(line => line.Contains(SlowHeartbeat, StringComparison.Ordinal)), Node.Errors);
        await NodeProcess.UntilAsync(() => Task.FromResult(Node.CountDescriptors() < _descriptorsAtRest + OtherDescriptors), "descriptors of clients that have gone");
        await NodeProcess.UntilAsync(() => Task.FromResult(Node.ReadRssAnon() < _memoryAtRest + OtherMemory), "memory of clients that have gone");
    }

    /// <summary>A refusal says why, as a problem; or comes from the server itself, bare, and ends the connection.</summary>
    private static void AssertClear(RawAnswer answer, byte[] request)
    {
        string what = $"{answer.Status} {answer.Text} to {Encoding.Latin1.GetString(request)}";
        // Alluxio's clients want 500 for a file that is not there; what the node did not foresee it calls internal, and logs.
        Assert.False(answer.Status == 500 && (answer.Body.Length == 0 || answer.Text.Contains("\"internal\"", StringComparison.Ordinal)), what);
        if (answer.Status < 400 || request.AsSpan().StartsWith("HEAD "u8))
            return;
        if (answer.Body.Length == 0)
            Assert.True(answer.Headers.GetValueOrDefault("Connection") == "close", what);
        else
            Assert.True(answer.Headers.GetValueOrDefault("Content-Type")?.StartsWith("application/", StringComparison.Ordinal) == true, what);
    }

    private async Task ReadOnAsync()
    {
        byte[] small = "small"u8.ToArray();
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!_done.IsCancellationRequested)
        {
            byte[] read = await Node.GetFileAsync("/data/a").WaitAsync(ControlPatience);
            if (!read.AsSpan().SequenceEqual(small))
                throw new UnreachableException("The control reader got other bytes.");
            Interlocked.Increment(ref _controlReads);
            await pause.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
