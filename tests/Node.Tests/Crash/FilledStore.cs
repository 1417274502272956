using System.Diagnostics;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Crash;

/// <summary>A source, and a store directory in which a node has cached all of it and stopped. Filled once; each test damages a copy.</summary>
public sealed class FilledStore : IAsyncLifetime, IDisposable
{
    public const int Page = 64 * CacheLimits.KiB;
    public const int FileCount = 6;
    public const int Length = 8 * Page + 99;
    public const int PagesPerFile = 9;

    private readonly TemporaryDirectory _store = new(onTmpfs: true);

    public TemporaryDirectory Source { get; } = new(onTmpfs: true);

    public Dictionary<string, byte[]> Contents { get; } = [];

    public async Task InitializeAsync()
    {
        var random = new Random(5);
        for (int i = 0; i < FileCount; i++)
        {
            byte[] content = new byte[Length];
            random.NextBytes(content);
            Contents[$"/f{i}"] = content;
            Source.Write($"f{i}", content);
        }
        await using NodeProcess node = await StartAsync(_store["store"]);
        foreach (string path in Contents.Keys)
            await node.ReadUntilCachedAsync(path);
        Assert.Equal(0, await node.StopAsync());
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        Source.Dispose();
        _store.Dispose();
    }

    public void CopyTo(string directory)
    {
        using var copy = System.Diagnostics.Process.Start(new ProcessStartInfo("cp", ["-a", _store["store"], directory]))!;
        copy.WaitForExit();
        Assert.Equal(0, copy.ExitCode);
    }

    public Task<NodeProcess> StartAsync(string store, params string[] more) => NodeProcess.StartAsync(
        ["--mount", $"/=file://{Source.Path}", "--store", $"{store}=1GiB", "--page-size", "64KiB", .. more]);

    public async Task CompareAllAsync(NodeProcess node)
    {
        foreach ((string path, byte[] content) in Contents)
            Assert.Equal(content, await node.GetFileAsync(path));
    }
}
