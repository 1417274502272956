using Microsoft.Extensions.Logging;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Grains.Files;
using Orleans.Cache.Grains.Messages;
using Orleans.Cache.Grains.Placement;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Grains.Mounts;

/// <summary>The cluster's mounts as one silo joins, changes and follows them.</summary>
/// <remarks>
/// A change: the mount grain stores it; then all silos are told, and answer when they serve it. One that was not reached, or was about to join, asks within
/// <see cref="Period"/>. Nodes take over later versions only, so it does not matter which of the two comes first.
/// </remarks>
internal sealed partial class SharedMounts(IGrainFactory grains, SiloRings rings, GridNode node, TimeProvider time, ILogger log) : IAsyncDisposable
{
    /// <summary>A call of one grain, by each silo; until then a silo that missed a change is not used by the others, for its mounts differ.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>Silos that start together see each other within this time, and one that is lost is found to be.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RetryPeriod = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private Task _following = Task.CompletedTask;

    private IMountGrain Grain => grains.GetGrain<IMountGrain>(IMountGrain.TheOne);

    private MountRecords Own => node.AddedMounts?.Records ?? MountRecords.None;

    /// <summary>Compares the configured mounts with the cluster's, takes over those that were added, and follows them from here on.</summary>
    /// <exception cref="CacheException">InvalidArgument: the cluster's are others. Unavailable: they cannot be read.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        MountVerdict verdict = await OfferAsync(cancellationToken).ConfigureAwait(false);
        if (!verdict.Joined)
        {
            throw new CacheException(
                CacheError.InvalidArgument,
                $"The cluster's mounts are {string.Join("; ", verdict.Mounts)} (version {verdict.Version}), this node's are {string.Join("; ", Offered().Mounts)}: "
                + "start all nodes with the same --mount options.");
        }
        LogMounts(verdict.Version);
        await AdoptAsync(verdict.Added).ConfigureAwait(false);
        _following = FollowAsync(_stop.Token);
    }

    /// <inheritdoc cref="IGrid.ChangeMountsAsync"/>
    public async Task<MountsChanged> ChangeAsync(Func<MountRecords, MountRecords> change, CachePath? freed, CancellationToken cancellationToken) =>
        await TellAsync(await StoreAsync(change, cancellationToken).ConfigureAwait(false), freed, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Where the grain's silo is lost, its next activation says whether the change was stored: it is, where the mounts are those that were to be. Else it is made from
    /// what is there then.
    /// </summary>
    private async Task<AddedMounts> StoreAsync(Func<MountRecords, MountRecords> change, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        AddedMounts? tried = null;
        while (true)
        {
            try
            {
                AddedMounts before = await GrainAnswers.WithinAsync(Grain.GetAddedAsync(), cancellationToken).ConfigureAwait(false)
                    ?? (await OfferAsync(cancellationToken).ConfigureAwait(false)).Added;
                if (tried is not null && tried.IsSame(before))
                    return before;
                MountRecords from = before.ToRecords(), to = change(from);
                if (ReferenceEquals(from, to))
                    return before;
                tried = AddedMounts.Of(to with { Version = before.Version + 1 });
                if ((await GrainAnswers.WithinAsync(Grain.ChangeAsync(before.Version, tried), cancellationToken).ConfigureAwait(false)).Done)
                    return tried;
            }
            catch (CacheException e) when (e.Error == CacheError.NotFound && tried is not null)
            {
                // What was to be removed is gone: by the first try, of which no answer came, and somebody has changed something else since.
                return tried;
            }
            catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
            {
                if (time.GetElapsedTime(started) > Patience)
                    throw new CacheException(CacheError.Unavailable, $"The cluster's mounts cannot be reached; look at them before you try again, for the change may have been made: {e.Message}", e);
                await Task.Delay(RetryPeriod, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        // No longer: it may be opening a directory on a file system that hangs.
        await _following.WaitAsync(LeavePatience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task<MountsChanged> TellAsync(AddedMounts mounts, CachePath? freed, CancellationToken cancellationToken)
    {
        IReadOnlyList<RingMember> members = rings.Current.Ring.Members;
        MountsAdopted[] answers = await Task.WhenAll(members.Select(m => TellAsync(m, mounts, freed, cancellationToken))).ConfigureAwait(false);
        DroppedPages dropped = answers.Aggregate(default(DroppedPages), (sum, a) => sum + new DroppedPages(a.Files, a.Pages, a.Bytes));
        return new MountsChanged(dropped, [.. answers.Zip(members).Where(a => a.First.Complaint is not null).Select(a => $"{a.Second.Name}: {a.First.Complaint}")]);
    }

    private async Task<MountsAdopted> TellAsync(RingMember member, AddedMounts mounts, CachePath? freed, CancellationToken cancellationToken)
    {
        try
        {
            INodeGrain told = grains.GetGrain<INodeGrain>(GrainKey.OfNode(member.Name));
            return await GrainAnswers.WithinAsync(told.AdoptMountsAsync(mounts, freed?.Value), cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
        {
            return new MountsAdopted($"it learns of them within {Period.TotalSeconds} s, where it is there ({e.Message})", 0, 0, 0);
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                if (await GrainAnswers.WithinAsync(Grain.GetAddedAsync(), cancellationToken).ConfigureAwait(false) is { } now && now.Version > node.AddedMounts?.Version)
                    await AdoptAsync(now).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The next tick asks again; the membership says who is lost.
                LogNotAsked(e.Message);
            }
        }
    }

    private async Task AdoptAsync(AddedMounts mounts)
    {
        try
        {
            if (node.AddedMounts is { } added)
                await added.AdoptAsync(mounts.ToRecords(), freed: null).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogNotAdopted(e.Message);
        }
    }

    /// <summary>Where silos come and go at this moment, the grain may have to be found again.</summary>
    private async Task<MountVerdict> OfferAsync(CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await Grain.OfferAsync(Offered()).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OrleansException or TimeoutException && time.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(RetryPeriod, time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new CacheException(CacheError.Unavailable, $"The cluster's mount table could not be read: {e.GetBaseException().Message}", e);
            }
        }
    }

    private MountOffer Offered()
    {
        MountTable now = node.Mounts();
        var configured = new MountTable(now.Version, now.Mounts.Where(m => !m.IsAdded));
        return new MountOffer(configured.Fingerprint, [.. configured.Mounts.Select(Text)], AddedMounts.Of(Own));
    }

    private static string Text(Mount mount) => $"{mount.Path}={mount.Uri},{mount.Freshness}{(mount.IsWritable ? ",rw" : "")}{(mount.Replicas > 1 ? $",replicas={mount.Replicas}" : "")}";

    [LoggerMessage(Level = LogLevel.Information, Message = "The mounts are the cluster's, version {Version}.")]
    private partial void LogMounts(long version);

    [LoggerMessage(Level = LogLevel.Error, Message = "The mounts that were added to the cluster are not all there: {Reason}")]
    private partial void LogNotAdopted(string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Reason}")]
    private partial void LogNotAsked(string reason);
}
