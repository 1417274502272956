using Orleans.Cache.Client;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Contract;

/// <summary>Real nodes for a whole suite, with an empty mount for each of its facts.</summary>
/// <param name="count">How many.</param>
/// <param name="membership">How they find each other, asked for when they start; null: by a list.</param>
public abstract class ContractNodes(int count, Func<MembershipArguments>? membership = null) : IAsyncLifetime
{
    /// <summary>More than the suite has facts.</summary>
    private const int Mounts = 150;

    private readonly TemporaryDirectory _sources = new();
    private NodeCluster? _nodes;
    private CacheClient? _client;
    private int _taken;

    public virtual async Task InitializeAsync()
    {
        string[] mounts = [.. Enumerable.Range(0, Mounts).SelectMany(i => (string[])["--mount", $"{MountOf(i)}=file://{Directory.CreateDirectory(SourceOf(i)).FullName},rw"])];
        _nodes = await NodeCluster.StartAsync(membership?.Invoke() ?? NodeCluster.Listed, count, mounts);
        _client = await CacheClient.ConnectAsync(_nodes[0].Rest);
    }

    public virtual async Task DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        if (_nodes is not null)
            await _nodes.DisposeAsync();
        _sources.Dispose();
    }

    /// <summary>A mount that nobody has used, and the directory behind it.</summary>
    internal (FrontDoorStorage Storage, string Source) Take()
    {
        int mount = Interlocked.Increment(ref _taken) - 1;
        Assert.True(mount < Mounts, "The suite has grown; more mounts are needed.");
        return (new FrontDoorStorage(_client!, MountOf(mount)), SourceOf(mount));
    }

    private static string MountOf(int index) => $"/m{index}";

    private string SourceOf(int index) => _sources[MountOf(index)[1..]];
}

public sealed class OneNode() : ContractNodes(1);

public sealed class ThreeNodes() : ContractNodes(3);
