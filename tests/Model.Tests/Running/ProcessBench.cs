using System.Globalization;
using Orleans.Cache.Client;
using Orleans.Cache.Model.Tests.Doors;
using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Sources;
using Orleans.Cache.Mounts;
using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Processes;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>
/// Three real nodes of a static cluster, or silos that meet in a database, each a process of its own, over one directory. Each question goes to another one of those that run, or through
/// a client that knows them all. A restart kills a node or has it drain, or starts it over what its store has become. Time is real.
/// </summary>
internal sealed class ProcessBench : IBench
{
    private const int Count = 3;

    /// <summary>Local files are kept from two seconds after their last change on: enough of waiting for any purpose but a long belief's end.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2.1);

    private readonly LocalSource _source = new(TimeProvider.System);
    private readonly RestDoor?[] _doors = new RestDoor?[Count];
    private NodeCluster _nodes = null!;
    private PostgresServer? _postgres;
    private ClientDoor? _client;

    private ProcessBench() => Door = new RotatingDoor(() => [.. _doors.OfType<IFrontDoor>(), _client!]);

    public TimeProvider Clock { get; } = new MachineClock();

    public IChangingSource Source => _source;

    public FaultyUnderStorage Storage => throw new NotSupportedException("What processes read cannot be told to misbehave.");

    public IFrontDoor Door { get; }

    /// <summary>The stores have room for all.</summary>
    public long Evictions => 0;

    public static async Task<ProcessBench> StartAsync(Setup setup)
    {
        var bench = new ProcessBench();
        try
        {
            bench._nodes = await NodeCluster.StartAsync(
                await bench.MembershipAsync(setup), Count, "--mount", $"/=file://{bench._source.Path},rw,{OptionsOf(setup.Freshness)}", "--page-size", "64KiB");
            for (int i = 0; i < Count; i++)
                bench._doors[i] = new RestDoor(bench._nodes[i].Rest);
            bench._client = new ClientDoor(await CacheClient.ConnectAsync(bench._nodes[0].Rest));
            return bench;
        }
        catch
        {
            await bench.DisposeAsync();
            throw;
        }
    }

    public Task AdvanceAsync(TimeSpan by) => Task.Delay(by < LongestWait ? by : LongestWait);

    /// <summary>Nothing is armed that would have to end.</summary>
    public Task SettledAsync() => Task.CompletedTask;

    /// <summary>The other nodes go on believing what they believe.</summary>
    public async Task<bool> RestartAsync(Restart restart)
    {
        var random = new Random(restart.Seed);
        int chosen = random.Next(Count);
        if (_doors[chosen] is not { } door)
        {
            await _nodes.StartNodeAsync(chosen);
            _doors[chosen] = new RestDoor(_nodes[chosen].Rest);
        }
        else if (_nodes.Running.Count > 1)
        {
            _doors[chosen] = null;
            await door.DisposeAsync();
            if (restart.How == RestartHow.Clean)
                Assert.Equal(0, await _nodes.StopNodeAsync(chosen));
            else
                await _nodes.KillNodeAsync(chosen);
            if (restart.How == RestartHow.Damage)
                StoreWreck.Damage(_nodes.StoreOf(chosen), random);
        }
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        foreach (RestDoor? door in _doors)
        {
            if (door is not null)
                await door.DisposeAsync();
        }
        if (_nodes is not null)
            await _nodes.DisposeAsync();
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        await _source.DisposeAsync();
    }

    private async Task<MembershipArguments> MembershipAsync(Setup setup)
    {
        if (!setup.IsGrid)
            return NodeCluster.Listed;
        _postgres = new PostgresServer();
        await _postgres.InitializeAsync();
        return _postgres.Grid;
    }

    private static string OptionsOf(Freshness freshness) => freshness.Mode == FreshnessMode.Bounded
        ? string.Create(CultureInfo.InvariantCulture, $"mode=bounded,ttl={freshness.Ttl.TotalSeconds}s")
        : $"mode={freshness}";

    /// <summary>The machine's clock, which processes share, in ticks.</summary>
    private sealed class MachineClock : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => System.GetElapsedTime(0).Ticks;
    }
}
