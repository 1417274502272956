using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Browsing;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Gateway.Rest.Inspecting;

/// <summary>GET of everything that decides where a read of a path is answered from. Reads no byte of it and changes nothing.</summary>
internal sealed class ExplainEndpoint(CacheFileSystem files, AbsenceReasons absences, RestLimits limits)
{
    public const string Route = "/api/v1/explain";

    public async Task<ExplainBody> HandleAsync(HttpContext context)
    {
        CachePath path = RequestTarget.PathOf(context, Route);
        // First what is believed: asking makes a belief.
        RecalledStatus? recalled = await files.RecallStatusAsync(path, context.RequestAborted).ConfigureAwait(false);
        StatusAnswer answer = recalled?.Answer ?? await files.TryGetStatusAsync(path, context.RequestAborted).ConfigureAwait(false);
        FileStatus status = answer.Status ?? throw CacheException.NotFound(path.Value);
        var body = new ExplainBody
        {
            Path = path.Value,
            Type = Naming.TypeOf(status),
            Mount = files.Mounts.TryResolve(path, out MountedKey at) ? Describe(at.Mount) : null,
            Status = new(recalled is not null, Math.Round(recalled?.Age.TotalSeconds ?? 0, 3), Seconds(answer.Remaining)),
            Owner = new(files.OwnerNameOf(path)),
            Reasons = [],
        };
        return status.File is { } file ? await WithFileAsync(body, status, file, context.RequestAborted).ConfigureAwait(false) : body;
    }

    private async ValueTask<ExplainBody> WithFileAsync(ExplainBody body, FileStatus status, FileRef file, CancellationToken cancellationToken)
    {
        OwnedPages map = await files.DescribePagesAsync(file, limits.MaxExplainRanges, cancellationToken).ConfigureAwait(false);
        return body with
        {
            Length = file.Length,
            Version = file.Version.Token,
            Pages = new(file.PageSize, file.PageCount, map.Cached, map.Verified),
            Ranges = [.. map.Runs.Select(Describe)],
            Truncated = map.Truncated ? true : null,
            Reasons = absences.Of(status, file, map),
        };
    }

    private static ExplainMount Describe(Mount mount) => new(
        mount.Path.Value, mount.Uri, mount.Freshness.Mode.ToString().ToLowerInvariant(), Seconds(mount.Freshness.BelieveFor), mount.IsWritable);

    private static ExplainRange Describe(OwnedRun run) => new(
        run.FirstPage, run.LastPage, run.Node, run.Directory, run.Residence.ToString().ToLowerInvariant());

    private static double? Seconds(TimeSpan time) => time == TimeSpan.MaxValue ? null : Math.Round(time.TotalSeconds, 3);
}
