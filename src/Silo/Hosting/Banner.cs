using System.Globalization;
using Orleans.Cache.Gateway.Rest;
using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Pages;
using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Silo.Hosting;

/// <summary>What a node says when it is ready: where it listens, where pages are kept, what is mounted, and three commands to try.</summary>
internal static class Banner
{
    /// <summary>How long we look for a file to name in the example: nobody waits for a banner.</summary>
    private static readonly TimeSpan ExamplePatience = TimeSpan.FromSeconds(1);

    /// <summary>Entries looked at for the same.</summary>
    private const int ExampleEntries = 200;

    public static async Task WriteAsync(TextWriter output, NodeOptions options, RunningNode node, CancellationToken cancellationToken)
    {
        (Engine engine, Uri rest) = (node.Engine!, node.Rest);
        string url = rest.GetLeftPart(UriPartial.Authority);
        string near = url.Replace("//0.0.0.0", "//127.0.0.1", StringComparison.Ordinal).Replace("//[::]", "//[::1]", StringComparison.Ordinal);
        string example = await FindFileAsync(engine, cancellationToken).ConfigureAwait(false) is { } file ? Encode(file) : "/PATH";
        string switches = rest.Port == NodeOptions.DefaultRestPort ? "" : $" --url {near}";
        string[] lines =
        [
            $"Orleans.Cache node '{options.Name}' is ready.",
            $"  REST    {url}",
            .. node.S3 is { } s3 ? [$"  S3      http://{s3.Address}, {Keys(options.S3!.Service)}"] : Array.Empty<string>(),
            .. node.Files is { } local ? [$"  files   {local.Path}"] : Array.Empty<string>(),
            .. engine.Store.GetStatus().Select(Describe),
            .. options.Mounts.Concat(engine.Mounts.Added).Select(mount => $"  mount   {mount}, {mount.Freshness}, {(mount.IsWritable ? "rw" : "ro")}{Replicas(mount)}{Throttle(mount)}"),
            .. node.Grid is null ? [] : new[] { $"  grid    {node.Grid.Description}" },
            .. Shortage(DescriptorBudget.Limit),
            "Try:",
            $"  curl '{near}/api/v1/list/'",
            $"  curl '{near}/api/v1/files{example}' -o /dev/null",
            $"  ./ocache{switches} ls /",
        ];
        await output.WriteLineAsync(string.Join(Environment.NewLine, lines).AsMemory(), cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string Describe(StoreDirectoryStatus store) => string.Create(
        CultureInfo.InvariantCulture,
        $"  pages   {store.Directory}, up to {ByteSize.Format(store.Capacity)}; {store.Pages:N0} pages of {store.Files:N0} files there ({ByteSize.Format(store.Used)})");

    /// <summary>Said only where it is so: whoever serves hundreds of clients should know before they come.</summary>
    private static string[] Shortage(long descriptors)
    {
        var limits = new RestLimits();
        long connections = limits.ConnectionsWithin(descriptors);
        return connections == limits.MaxConnections ? [] :
        [
            string.Create(CultureInfo.InvariantCulture,
                $"  limit   {connections:N0} connections instead of {limits.MaxConnections:N0}: {descriptors:N0} descriptors are allowed; raise 'ulimit -n'"),
        ];
    }

    private static string Keys(S3Options s3) => s3.Keys.Count switch
    {
        0 => "without keys",
        1 => "1 key",
        int many => string.Create(CultureInfo.InvariantCulture, $"{many} keys"),
    };

    private static string Replicas(MountOptions mount) => mount.Replicas > 1 ? $", {mount.Replicas} replicas" : "";

    private static string Throttle(MountOptions mount) =>
        (mount.Latency > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $", latency {mount.Latency.TotalMilliseconds}ms") : "")
        + (mount.Bandwidth is { } bytes ? $", {ByteSize.Format(bytes)}/s per stream" : "");

    /// <summary>The first file that turns up; null where none does soon.</summary>
    private static async Task<CachePath?> FindFileAsync(Engine engine, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ExamplePatience);
        try
        {
            int seen = 0;
            await foreach (FileStatus entry in engine.Files.ListAsync(CachePath.Root, recursive: true, null, patience.Token).ConfigureAwait(false))
            {
                if (!entry.IsDirectory)
                    return entry.Path;
                if (++seen == ExampleEntries)
                    break;
            }
        }
        catch (Exception e) when (e is CacheException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The example is a courtesy; what is wrong with a mount, /health/ready says.
        }
        return null;
    }

    /// <summary>As a URL in single quotes of a shell: EscapeDataString leaves the quote itself alone.</summary>
    private static string Encode(CachePath path) =>
        string.Join('/', path.Value.Split('/').Select(Uri.EscapeDataString)).Replace("'", "%27", StringComparison.Ordinal);
}
