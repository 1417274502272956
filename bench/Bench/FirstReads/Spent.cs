using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.FirstReads;

/// <summary>A download, and the processor seconds that everybody spent on it.</summary>
/// <param name="Download">What the client saw.</param>
/// <param name="Store">The object store's.</param>
/// <param name="Between">Of who stands between: the node, nginx; 0 where nobody does.</param>
/// <param name="Client">Of who reads: curl, or this program with the SDK.</param>
internal readonly record struct Spent(Download Download, double Store, double Between, double Client)
{
    public double MiBPerSecond => Download.MiBPerSecond;

    public double All => Store + Between + Client;

    public static async Task<Spent> OnAsync(ObjectStoreServer store, IServerUnderTest? between, Func<Task<Download>> download)
    {
        double storeBefore = Of(store.Endpoint), betweenBefore = Of(between), ownBefore = ProcessTree.OwnCpuSeconds();
        Download done = await download();
        return new Spent(done, Of(store.Endpoint) - storeBefore, Of(between) - betweenBefore, ProcessTree.OwnCpuSeconds() - ownBefore);
    }

    private static double Of(IServerUnderTest? server) => server is null ? 0 : ProcessTree.CpuSeconds(server.ProcessIds);
}
