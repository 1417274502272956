using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Cli;

/// <summary>A node that takes writes, and an empty local directory beside it, for the tests of the command line.</summary>
public sealed class CliNode : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _store = new();

    public TemporaryDirectory Source { get; } = new();

    public TemporaryDirectory Local { get; } = new();

    public NodeProcess Node { get; private set; } = null!;

    public static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public async Task InitializeAsync()
    {
        Source.Write("tree/a/one", "1"u8);
        Source.Write("tree/b/ü + 日本", "22"u8);
        Source.Write("tree/-dash", "dash"u8);
        Source.Write("tree/empty", []);
        Source.Write("big", Bytes(20 * CacheLimits.MiB + 5, seed: 1));
        Source.Write("lines", System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, 20_000).Select(i => i + "\n"))));
        Node = await NodeProcess.StartAsync("--mount", $"/=file://{Source.Path},rw", "--store", $"{_store["pages"]}=256MiB");
    }

    public async Task DisposeAsync() => await Node.DisposeAsync();

    /// <summary>Called after DisposeAsync: the node is gone by then.</summary>
    public void Dispose()
    {
        Source.Dispose();
        Local.Dispose();
        _store.Dispose();
    }
}

/// <summary>One node for all of them: it starts slower than they run.</summary>
[CollectionDefinition(Name)]
public sealed class SharedCliNode : ICollectionFixture<CliNode>
{
    public const string Name = "The command line";
}
