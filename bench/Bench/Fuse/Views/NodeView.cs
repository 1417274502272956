using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.Fuse.Views;

/// <summary>A node that mounts its own cache.</summary>
internal sealed class NodeView : FuseView
{
    private readonly MountedDirectory _directory;
    private readonly NodeServer _node;

    private NodeView(MountedDirectory directory, NodeServer node)
    {
        _directory = directory;
        _node = node;
    }

    public override string Root => _directory.Path;

    public override IReadOnlyList<int> ProcessIds => _node.ProcessIds;

    /// <param name="data">What is served.</param>
    /// <param name="options">Of the mount, behind a comma.</param>
    public static async Task<FuseView> StartAsync(FuseData data, string options)
    {
        var directory = new MountedDirectory();
        NodeServer node = await NodeServer.StartAsync(
            "--mount", $"/=file://{data.Source},mode=immutable", "--store", $"{data.NewStore("node" + options.Length)}={data.StoreBytes >> 20}MiB", "--s3-port", "off",
            "--fuse", directory.Path + options);
        var view = new NodeView(directory, node);
        await data.FillAsync(view);
        return view;
    }

    public override string Report() => string.Join(", ", File.ReadLines(Path.Combine(Root, ".ocache", "stats")));

    public override async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        _directory.Dispose();
    }
}
