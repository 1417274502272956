using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Fuse;

/// <summary>A node whose cache is mounted. What touches the mount is another process (<see cref="Guarded"/>): this one would hang with it.</summary>
internal sealed class MountedNode : IAsyncDisposable
{
    private readonly TemporaryDirectory _store = new(onTmpfs: true);

    private readonly string? _elsewhere;

    private MountedNode(string source, string? store)
    {
        Source = source;
        _elsewhere = store;
    }

    public string Source { get; }

    /// <summary>Where the files are.</summary>
    public TemporaryDirectory Directory { get; } = new();

    public string Path => Directory.Path;

    public NodeProcess Node { get; private set; } = null!;

    /// <param name="source">The directory behind the cache.</param>
    /// <param name="options">Of the mount from the under storage, such as "mode=strict".</param>
    /// <param name="fuse">Of the local mount.</param>
    /// <param name="store">PATH=SIZE of a store that is the caller's; null: one of its own.</param>
    public static async Task<MountedNode> StartAsync(string source, string options = "mode=strict", string fuse = "allow-other", string? store = null)
    {
        var mounted = new MountedNode(source, store);
        await mounted.RestartAsync(options, fuse);
        return mounted;
    }

    /// <summary>Starts the node, over the store of the one before.</summary>
    public async Task RestartAsync(string options = "mode=strict", string fuse = "allow-other") => Node = await NodeProcess.StartAsync(
        "--mount", $"/=file://{Source},{options}", "--store", _elsewhere ?? $"{_store["pages"]}=512MiB", "--fuse", $"{Path},{fuse}");

    /// <summary>A line of .ocache/stats.</summary>
    public async Task<long> FigureAsync(string name) => long.Parse(
        (await Guarded.OutputAsync("cat", $"{Path}/.ocache/stats")).Split('\n').Single(l => l.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1]);

    /// <summary>Whether anything is mounted there, by the kernel's table.</summary>
    public bool IsMounted => File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ')[4] == Path);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        while (IsMounted)
            await Guarded.RunAsync("umount", "-l", Path);
        Directory.Dispose();
        _store.Dispose();
    }
}
