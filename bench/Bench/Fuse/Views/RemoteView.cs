using System.Diagnostics;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.Fuse.Views;

/// <summary>ocache mount: a process of its own between programs and the node that has the data.</summary>
internal sealed class RemoteView(MountedDirectory directory, NodeServer node, Process mount) : ProgramView(directory, node, mount)
{
    /// <summary>Both: the data pass through both.</summary>
    public override IReadOnlyList<int> ProcessIds => [.. base.ProcessIds, .. node.ProcessIds];

    public static async Task<FuseView> StartAsync(FuseData data)
    {
        NodeServer node = await NodeServer.StartAsync(
            "--mount", $"/=file://{data.Source},mode=immutable", "--store", $"{data.NewStore("remote")}={data.StoreBytes >> 20}MiB", "--s3-port", "off");
        var directory = new MountedDirectory();
        string program = Path.Combine(AppContext.BaseDirectory, "ocache.dll");
        Process mount = Process.Start(new ProcessStartInfo("dotnet", [program, "mount", "--foreground", node.Rest.ToString(), directory.Path]) { RedirectStandardOutput = true })!;
        await mount.StandardOutput.ReadLineAsync();
        return await new RemoteView(directory, node, mount).BeginAsync(data);
    }

    public override string Report() => string.Join(", ", File.ReadLines(Path.Combine(Root, ".ocache", "stats")));
}
