using System.Globalization;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Gateway.Rest.Inspecting;
using Orleans.Cache.UfsConnectors;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>
/// The configuration as it may be shown to whoever reaches the port. Made from what was understood, not from what was written: a
/// secret in a URL, or in a form that nobody thought of, is never in it.
/// </summary>
internal static class ShownSettings
{
    public static NodeSettings Of(NodeOptions options) => new(
    [
        .. Settings.All.Select(setting => new NodeSetting(
            setting.Name, ValuesOf(setting, options), OriginOf(setting, options), options.Origins.GetValueOrDefault(setting))),
    ]);

    private static string[] ValuesOf(Setting setting, NodeOptions options) => setting.Name switch
    {
        "mount" => [.. options.Mounts.Select(Describe)],
        "store" => [.. options.Stores.Select(s => $"{s.Directory}={ByteSize.Format(s.Capacity)}")],
        "page-size" => [ByteSize.Format(options.PageSize)],
        "listen" => [options.Listen.ToString()],
        "rest-port" => [options.RestPort.ToString(CultureInfo.InvariantCulture)],
        "s3-port" => [options.S3 is { } s3 ? s3.Port.ToString(CultureInfo.InvariantCulture) : "off"],
        "s3-listen" => options.S3 is { } at ? [at.Listen.ToString()] : [],
        "s3-domain" => [.. options.S3?.Service.Domains ?? []],
        "s3-region" => options.S3 is { } of ? [of.Service.Region] : [],
        "s3-key" => [.. (options.S3?.Service.Keys ?? []).Select(k => $"{k.Id}, reads {Prefixes(k.Read)}, writes {Prefixes(k.Write)}")],
        "s3-bucket" => [.. (options.S3?.Service.Buckets ?? []).Select(b => $"{b.Name} = {b.Path}{(b.IsPublic ? ", public" : "")}")],
        "s3-cors" => [.. options.S3?.Service.CorsOrigins ?? []],
        "fuse" => options.Fuse is { } fuse ? [fuse.MountPoint] : [],
        "eviction" => [options.Eviction],
        "scrub-period" => [options.ScrubPeriod.ToString("c", CultureInfo.InvariantCulture)],
        "alluxio-missing-status" => [options.Alluxio.MissingStatus.ToString(CultureInfo.InvariantCulture)],
        "alluxio-page-size" => [ByteSize.Format(options.Alluxio.PageSize)],
        "alluxio-rewrite-guard" => [options.Alluxio.RewriteGuard.ToString("c", CultureInfo.InvariantCulture)],
        "otlp" => options.Otlp is { } otlp ? [MountOptions.Redact(otlp.OriginalString)] : [],
        "name" => [options.Name],
        "peers" when options.DnsPeers is { } dns => [string.Create(CultureInfo.InvariantCulture, $"dns://{dns.Host}:{dns.Port}")],
        "peers" => [.. options.Peers.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Name}*{m.Weight}={m.Address}"))],
        // A connection string holds a password, in more spellings than anybody knows.
        "cluster" => options.Grid is { } grid ? [grid.Database is null ? string.Create(CultureInfo.InvariantCulture, $"localhost:{grid.FirstPort}") : "adonet"] : [],
        "cluster-id" => Grid(options, g => g.ClusterId),
        "silo-port" => Grid(options, g => g.SiloPort),
        "gateway-port" => Grid(options, g => g.GatewayPort),
        "advertise" => Grid(options, g => g.Address),
        "weight" => Grid(options, g => g.Weight),
        "max-activations" => Grid(options, g => g.MaxActivations),
        "prices" => [string.Create(CultureInfo.InvariantCulture, $"get={options.Prices.Get},list={options.Prices.List},egress={options.Prices.Egress}")],
        "log-level" => [options.LogLevel.ToString().ToLowerInvariant()],
        // Given or not: the origin says the rest.
        _ => options.Origins.ContainsKey(setting) ? ["given"] : [],
    };

    private static string[] Grid(NodeOptions options, Func<GridOptions, object> value) =>
        options.Grid is { } grid ? [Convert.ToString(value(grid), CultureInfo.InvariantCulture)!] : [];

    private static string Prefixes(IReadOnlyList<string> prefixes) => prefixes.Count == 0 ? "nothing" : string.Join(" and ", prefixes.Select(p => p.Length == 0 ? "everything" : p));

    private static string Describe(MountOptions mount)
    {
        string latency = mount.Latency > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $", latency {mount.Latency.TotalMilliseconds}ms") : "";
        string replicas = mount.Replicas > 1 ? $", replicas {mount.Replicas}" : "";
        string bandwidth = mount.Bandwidth is { } bytes ? $", bandwidth {ByteSize.Format(bytes)}/s" : "";
        string limit = mount.MaxBandwidth is { } most ? $", max-bandwidth {ByteSize.Format(most)}/s" : "";
        string stale = mount.ServesStale ? ", serve-stale" : "";
        string connector = string.Concat(mount.Connector.OrderBy(o => o.Key, StringComparer.Ordinal).Select(Describe));
        return $"{mount}, {mount.Freshness}, {(mount.IsWritable ? "rw" : "ro")}{replicas}{latency}{bandwidth}{limit}{stale}{connector}";
    }

    /// <summary>A value that only looks like a reference to a secret could be one; what it is called is enough.</summary>
    private static string Describe(KeyValuePair<string, string> option) => option switch
    {
        { Value: "" } => $", {option.Key}",
        { Value: var value } when UnderStorageFactory.IsSecret(option.Key) => $", {option.Key} {(value.StartsWith("env:", StringComparison.Ordinal) ? "env:..." : "file:...")}",
        _ => $", {option.Key} {MountOptions.Redact(option.Value)}",
    };

    private static string OriginOf(Setting setting, NodeOptions options) => options.Origins.GetValueOrDefault(setting) switch
    {
        null => "default",
        { } from when from.StartsWith("--", StringComparison.Ordinal) => "flag",
        { } from when from.StartsWith(Setting.EnvironmentPrefix, StringComparison.Ordinal) => "env",
        _ => "file",
    };
}
