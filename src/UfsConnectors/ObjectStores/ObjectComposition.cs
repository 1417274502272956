using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// Makes one object of others by an upload whose parts the store copies: 1. the upload is begun; 2. its parts are copied, several at once, each from the version that is named;
/// 3. it is committed.
/// </summary>
/// <remarks>
/// - What fails or is given up in 1 to 3 gives the upload up, once no copy is under way any more.
/// - What the store refuses is not a failure but an answer (null), and only while nothing is committed: whoever asked writes the bytes, and hears what is wrong, if it is more than this.
/// - A part is the one that is meant because the store holds the version that is demanded, or because it answers with the MD5 of the bytes that it copied. A store that does neither
///   is one that refuses.
/// </remarks>
/// <param name="store">The bucket.</param>
/// <param name="policy">How requests are sent.</param>
/// <param name="names">Of the parts.</param>
/// <param name="name">The object.</param>
/// <param name="attributes">Kept beside the bytes; null: the store's defaults.</param>
internal sealed class ObjectComposition(IObjectStore store, RequestPolicy policy, ObjectNames names, string name, UfsAttributes? attributes)
{
    /// <summary>Bytes of a part that is not the last; S3's limit.</summary>
    private const long MinPartBytes = 5 * CacheLimits.MiB;

    /// <summary>What a commit is given for each part, in bytes that would be sent meanwhile: 16 ms.</summary>
    private const int CommitBytesPerPart = 4 * CacheLimits.KiB;

    private bool _isRefused;

    /// <summary>Whether such parts may be copied at all. An empty one is left to who writes bytes: stores differ in what they make of it.</summary>
    public static bool Fits(IObjectStore store, RequestLimits limits, IReadOnlyList<UfsPart> parts)
    {
        if (!store.CopiesParts || parts.Count is 0 or > ObjectUpload.MaxParts)
            return false;
        for (int i = 0; i < parts.Count; i++)
        {
            if (parts[i].Length < (i < parts.Count - 1 ? MinPartBytes : 1) || parts[i].Length > limits.MaxCopyBytes)
                return false;
        }
        return true;
    }

    /// <param name="parts">In order; they fit.</param>
    /// <param name="commit">Given the length and the last step; makes the object visible.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Null: refused, and nothing has changed.</returns>
    public async Task<UfsStatus?> RunAsync(
        IReadOnlyList<UfsPart> parts, Func<long, Func<WriteCondition, CancellationToken, Task<FileVersion>>, Task<UfsStatus>> commit, CancellationToken cancellationToken)
    {
        string? upload = null;
        try
        {
            upload = await NotedAsync(policy.SendAsync(UfsOperation.Put, t => store.BeginUploadAsync(name, attributes, t), cancellationToken)).ConfigureAwait(false);
            string[] tags = await CopyAsync(upload, parts, cancellationToken).ConfigureAwait(false);
            return await commit(LengthOf(parts), (condition, token) => NotedAsync(policy.SendAsync(
                UfsOperation.Put, t => store.CommitUploadAsync(name, upload, tags, condition, t), token, repeatable: false, policy.Limits.PartBytes + (parts.Count * CommitBytesPerPart)))).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (upload is not null)
                await ObjectUpload.AbortAsync(store, policy, name, upload).ConfigureAwait(false);
            if (e is StoreException && _isRefused)
                return null;
            throw;
        }
    }

    /// <summary>None is under way any more when it ends, however it ends: one that ended after its upload was given up could be kept.</summary>
    private async Task<string[]> CopyAsync(string upload, IReadOnlyList<UfsPart> parts, CancellationToken cancellationToken)
    {
        string[] tags = new string[parts.Count];
        var underWay = new List<Task>(policy.Limits.CopiesUnderWay);
        using var givenUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            for (int i = 0; i < parts.Count; i++)
            {
                while (underWay.Count >= policy.Limits.CopiesUnderWay || (underWay.Count > 0 && !policy.HasRoomToSpare))
                    await EndOneAsync(underWay).ConfigureAwait(false);
                underWay.Add(CopyOneAsync(upload, i, parts[i], tags, givenUp.Token));
            }
            while (underWay.Count > 0)
                await EndOneAsync(underWay).ConfigureAwait(false);
            return tags;
        }
        catch
        {
            await givenUp.CancelAsync().ConfigureAwait(false);
            foreach (Task copy in underWay)
                await copy.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private static async Task EndOneAsync(List<Task> underWay)
    {
        Task ended = await Task.WhenAny(underWay).ConfigureAwait(false);
        underWay.Remove(ended);
        await ended.ConfigureAwait(false);
    }

    /// <summary>What a store does not find may be there all the same: Ceph decodes the name of what is to be copied twice; and uploads go by the store's own rules.</summary>
    /// <exception cref="CacheException">NotFound, Changed: it is not what is meant that is there.</exception>
    private async Task RequireAsync(UfsPart part, CancellationToken cancellationToken)
    {
        ObjectStatus? there = await policy.SendAsync(UfsOperation.Head, t => store.GetStatusAsync(names.Of(part.Key), t), cancellationToken).ConfigureAwait(false);
        if (there is null)
            throw CacheException.NotFound(part.Key);
        if (there.Version != part.Version)
            throw CacheException.Changed(part.Key);
    }

    /// <summary>A copy inside the store sends nothing while it lasts; it is given the time of 16 MiB/s.</summary>
    private async Task CopyOneAsync(string upload, int index, UfsPart part, string[] tags, CancellationToken cancellationToken)
    {
        try
        {
            tags[index] = await NotedAsync(policy.SendAsync(
                UfsOperation.Copy, t => store.CopyPartAsync(name, upload, index + 1, names.Of(part.Key), part.Version, t), cancellationToken,
                uploaded: (int)Math.Min(int.MaxValue, part.Length / 64))).ConfigureAwait(false);
        }
        catch (StoreException e) when (e.Failure is StoreFailure.NotFound or StoreFailure.ConditionFailed)
        {
            await RequireAsync(part, cancellationToken).ConfigureAwait(false);
            _isRefused = true;
            throw;
        }
        catch (StoreException e) when (e.Failure == StoreFailure.Denied)
        {
            // Who may not copy may read and write all the same.
            _isRefused = true;
            throw;
        }
        if (store.HoldsVersionsOfCopies || (part.Md5 is not null && tags[index].AsSpan().Trim('"').SequenceEqual(part.Md5)))
            return;
        _isRefused = true;
        throw new StoreException(StoreFailure.Refused, "a copy of which is not known whether it is one of the version that was meant");
    }

    private async Task<T> NotedAsync<T>(Task<T> request)
    {
        try
        {
            return await request.ConfigureAwait(false);
        }
        catch (StoreException e) when (e.Failure == StoreFailure.Refused)
        {
            _isRefused = true;
            throw;
        }
    }

    private static long LengthOf(IReadOnlyList<UfsPart> parts)
    {
        long length = 0;
        foreach (UfsPart part in parts)
            length += part.Length;
        return length;
    }
}
