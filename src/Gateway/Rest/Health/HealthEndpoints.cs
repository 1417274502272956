using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Problems;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Gateway.Rest.Health;

/// <summary>What a healthy node answers to a probe.</summary>
internal sealed record HealthBody(string Status);

/// <summary>
/// Live: the process answers. Ready: it serves, and each mount's root can be statted as fresh as the mount demands.
/// </summary>
internal sealed class HealthEndpoints(CacheFileSystem files, NodeHealth health, RestLimits limits, TimeProvider time)
{
    public static HealthBody Live() => new("live");

    public async Task ReadyAsync(HttpContext context)
    {
        List<string> reasons = await ReasonsAsync(context.RequestAborted).ConfigureAwait(false);
        if (reasons.Count == 0)
        {
            await context.Response.WriteAsJsonAsync(new HealthBody("ready"), RestJson.Options, context.RequestAborted).ConfigureAwait(false);
            return;
        }
        var problem = new Problem(StatusCodes.Status503ServiceUnavailable, "not-ready", string.Join(' ', reasons)) { Reasons = reasons, RetryAfter = 1 };
        await problem.WriteAsync(context).ConfigureAwait(false);
    }

    private async Task<List<string>> ReasonsAsync(CancellationToken cancellationToken)
    {
        if (health.State != NodeState.Ready)
            return [health.State == NodeState.Starting ? "The node is starting; wait for it." : "The node is draining; ask another one."];
        string?[] complaints = await Task.WhenAll(files.Mounts.Mounts.Select(m => ComplaintAsync(m, cancellationToken))).ConfigureAwait(false);
        return [.. complaints.OfType<string>()];
    }

    private async Task<string?> ComplaintAsync(Mount mount, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limits.ReadinessTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            StatusAnswer answer = await files.TryGetStatusAsync(mount.Path, either.Token).AsTask().WaitAsync(either.Token).ConfigureAwait(false);
            return answer.Status is null ? $"Mount '{mount.Path}': nothing is at the root of {mount.Storage.Identity}; create it or correct the mount." : null;
        }
        catch (CacheException e)
        {
            return $"Mount '{mount.Path}': {e.Message}";
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return $"Mount '{mount.Path}': {mount.Storage.Identity} does not answer within {limits.ReadinessTimeout.TotalSeconds} s; see whether it runs.";
        }
    }
}
