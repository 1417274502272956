using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>The checks of doctor. Each names what it found and, where something is wrong, what to do. None changes anything.</summary>
internal sealed class Checkup(NodeClient node, string ownVersion, TimeProvider time)
{
    /// <summary>A node that takes longer for figures it has at hand hangs, or its machine does.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Files younger than 2 s are not kept, so clocks that differ more make that rule wrong; the Date header counts whole seconds.</summary>
    private static readonly TimeSpan MaxSkew = TimeSpan.FromSeconds(2);

    private const double SlowMilliseconds = 100;
    private const double NearlyAll = 0.9;

    /// <summary>A system with fewer serves few clients: each connection is a descriptor, each cached file that is read another.</summary>
    private const long FewDescriptors = 4096;

    public async Task<Diagnosis> RunAsync(CancellationToken cancellationToken)
    {
        var checks = new List<Check>();
        if (!await IsReachableAsync(checks, cancellationToken).ConfigureAwait(false))
            return Diagnosis.Of(checks);
        await AddAsync(checks, "ready", ReadyAsync, cancellationToken).ConfigureAwait(false);
        await AddAsync(checks, "mounts", MountsAsync, cancellationToken).ConfigureAwait(false);
        await AddAsync(checks, "figures", async token =>
        {
            CacheFigures figures = (await node.AskAsync(node.Address.Of("api/v1/cache"), AnswerJson.Default.CacheFigures, token).ConfigureAwait(false)).Value;
            return [VersionMatches(figures), .. figures.Stores.SelectMany(StoreIsWell), .. ProcessIsWell(figures.Process), .. UnderStorageIsWell(figures)];
        }, cancellationToken).ConfigureAwait(false);
        return Diagnosis.Of(checks);
    }

    private static async Task AddAsync(List<Check> checks, string name, Func<CancellationToken, Task<IEnumerable<Check>>> look, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            checks.AddRange(await look(patience.Token).ConfigureAwait(false));
        }
        catch (CommandFailedException e)
        {
            checks.Add(Check.Failure(name, e.Message, "See the node's log (ocache debug collects it)."));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            checks.Add(Check.Failure(name, $"No answer within {Patience.TotalSeconds} s.", "See what the node's machine is doing; the node may hang in its under storage."));
        }
    }

    /// <summary>Also how far it is away and what its clock says.</summary>
    private async Task<bool> IsReachableAsync(List<Check> checks, CancellationToken cancellationToken)
    {
        const string Remedy = "Start it with ./run.sh, or give the right address with --url or " + NodeAddress.Variable + ".";
        int before = checks.Count;
        await AddAsync(checks, "reachable", async token =>
        {
            // The first request connects and is compiled on the way; the second is what a client sees.
            Uri address = node.Address.Of("health/live");
            await node.GetTextAsync(address, token).ConfigureAwait(false);
            long start = time.GetTimestamp();
            using HttpResponseMessage live = await node.SendAsync(new HttpRequestMessage(HttpMethod.Get, address), token).ConfigureAwait(false);
            return [Reached(time.GetElapsedTime(start)), ClockAgrees(live.Headers.Date)];
        }, cancellationToken).ConfigureAwait(false);
        if (checks[before].Result != Check.Failed)
            return true;
        checks[before] = checks[before] with { Remedy = Remedy };
        return false;
    }

    private Check Reached(TimeSpan took) => took.TotalMilliseconds < SlowMilliseconds
        ? Check.Ok("reachable", $"{node.Address} answers in {Text.Number(took.TotalMilliseconds, 1)} ms.")
        : Check.Warning("reachable", $"{node.Address} took {Text.Number(took.TotalMilliseconds, 0)} ms for an answer.", "See whether the node or the network is overloaded: ocache stats, ping.");

    private Check ClockAgrees(DateTimeOffset? date)
    {
        if (date is null)
            return Check.Warning("clock", "The node does not say what time it is.", "See whether a proxy takes the Date header away.");
        TimeSpan skew = (time.GetUtcNow() - date.Value).Duration();
        return skew <= MaxSkew
            ? Check.Ok("clock", "The node's clock agrees with this machine's.")
            : Check.Warning("clock", $"The node's clock and this machine's differ by {Text.Number(skew.TotalSeconds, 0)} s.", "Run a time service (chrony, systemd-timesyncd) on both: the age of files decides what may be kept.");
    }

    private async Task<IEnumerable<Check>> ReadyAsync(CancellationToken cancellationToken) =>
        await node.GetComplaintAsync(cancellationToken).ConfigureAwait(false) is { } complaint
            ? [Check.Failure("ready", complaint, "Correct what it names; until then load balancers send the node nothing.")]
            : [Check.Ok("ready", "The node serves.")];

    private async Task<IEnumerable<Check>> MountsAsync(CancellationToken cancellationToken)
    {
        MountList list = (await node.AskAsync(node.Address.Of("api/v1/mounts"), AnswerJson.Default.MountList, cancellationToken).ConfigureAwait(false)).Value;
        if (list.Mounts.Count == 0)
            return [Check.Failure("mounts", "Nothing is mounted.", "Start the node with --mount /=file:///path or another under storage.")];
        return await Task.WhenAll(list.Mounts.Select(async mount =>
        {
            try
            {
                await node.ListPageAsync(mount.Path, 1, cancellationToken).ConfigureAwait(false);
                return Check.Ok("mount", $"{mount.Path} = {mount.Uri} can be listed ({mount.Freshness}, {(mount.Writable ? "rw" : "ro")}).");
            }
            catch (CommandFailedException e) when (e.ExitCode == ExitCode.Refused)
            {
                return Check.Failure("mount", $"{mount.Path} = {mount.Uri}: {e.Message}", "See that the under storage runs, that the path exists, and that the node may read it.");
            }
        })).ConfigureAwait(false);
    }

    private Check VersionMatches(CacheFigures figures) => figures.Version == ownVersion
        ? Check.Ok("version", $"Node and command line are both version {ownVersion}.")
        : Check.Warning("version", $"The node is version {figures.Version ?? "unknown"}, this program is {ownVersion}.", "Update the older one; answers may have changed between them.");

    private static IEnumerable<Check> StoreIsWell(StoreFigures store)
    {
        if (store.OutOfService is { } why)
            yield return Check.Failure("store", $"{store.Directory} is out of service: {why}", "Repair or replace the disk, then restart the node; its pages are fetched again.");
        else if (store.Capacity > 0 && store.Used > store.Capacity)
            yield return Check.Warning("store", $"{store.Directory} holds {Text.Size(store.Used)}, more than its {Text.Size(store.Capacity)}.", "Wait for evictions; if it stays so, files are held open by readers.");
        else
            yield return Check.Ok("store", $"{store.Directory}: {Text.Size(store.Used)} of {Text.Size(store.Capacity)} used.");
        if (store.Healed > 0)
            yield return Check.Warning("checksums", $"{Text.Count(store.Healed)} pages in {store.Directory} did not match their checksums and were fetched again.", "Look at the disk and the memory of the machine (smartctl, dmesg).");
    }

    private static IEnumerable<Check> ProcessIsWell(ProcessFigures? process)
    {
        if (process is null)
            yield break;
        if (process.MemoryLimitBytes > 0)
        {
            string found = $"The node uses {Text.Size(process.MemoryBytes)} of {Text.Size(process.MemoryLimitBytes)} memory.";
            yield return process.MemoryBytes < NearlyAll * process.MemoryLimitBytes
                ? Check.Ok("memory", found)
                : Check.Warning("memory", found, "Give it more (container limit, MemoryMax) or fewer other things on its machine.");
        }
        if (process.DescriptorLimit > 0)
        {
            string found = $"The node has {Text.Count(process.Descriptors)} of {Text.Count(process.DescriptorLimit)} descriptors open.";
            yield return process.Descriptors >= NearlyAll * process.DescriptorLimit || process.DescriptorLimit < FewDescriptors
                ? Check.Warning("descriptors", found, "Raise the limit: ulimit -n 65536, or LimitNOFILE=65536 in its service.")
                : Check.Ok("descriptors", found);
        }
    }

    private static IEnumerable<Check> UnderStorageIsWell(CacheFigures figures)
    {
        if (figures.FillsRejected > 0)
            yield return Check.Warning("overload", $"{Text.Count(figures.FillsRejected)} reads were refused because too many waited for fills.", "Spread the readers over more nodes, or load ahead with ocache load.");
        long asked = figures.UfsReads + figures.UfsStats + figures.UfsLists + figures.UfsWrites;
        yield return figures.UfsErrors == 0
            ? Check.Ok("under storage", "No request to an under storage has failed.")
            : Check.Warning("under storage", $"{Text.Count(figures.UfsErrors)} of {Text.Count(asked)} requests to under storages have failed since the start.", "See the node's log for which and why (ocache debug).");
    }
}
