using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// Changes of one bucket. Stores know no directories, so what a file system would refuse is looked for first: a file where a directory is or below
/// a file. That look and the write are two steps; a program beside this one can come in between.
/// </summary>
internal sealed class ObjectWriter(IObjectStore store, RequestPolicy policy, ObjectNames names, ObjectListing listing)
{
    // Writes that wait for each other although they are of different keys: one in so many.
    private const int Gates = 64;

    /// <summary>Each held from the check of a condition to its write, by everything here that changes a key: conditions hold against all of it.</summary>
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, Gates).Select(_ => new SemaphoreSlim(1))];

    public static CacheException IsDirectory(string key) => new(CacheError.IsDirectory, $"'{key}' is a directory.");

    /// <summary>1. What is there. 2. The content, in one put or in parts. 3. The condition again, the commit, and a look at what was stored.</summary>
    public Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken) => TranslateAsync(key, async () =>
    {
        Task checks = Task.WhenAll(
            RequireNoFileAboveAsync(key, cancellationToken),
            RequireNoDirectoryAsync(key, cancellationToken),
            condition.IsNone ? Task.CompletedTask : RequireAsync(condition, key, cancellationToken));
        await checks.ConfigureAwait(false);
        var upload = new ObjectUpload(store, policy, names.Of(key));
        return await upload.RunAsync(content, (length, put) => CommitAsync(key, condition, length, put, cancellationToken), cancellationToken).ConfigureAwait(false);
    });

    /// <summary>
    /// One request for what fits into a put: the store holds the condition where it can, and the hash of what was sent; then there is nothing to look at.
    /// </summary>
    public Task<UfsStatus> CreateObjectAsync(string key, Stream content, ObjectWrite write, CancellationToken cancellationToken) => TranslateAsync(key, async () =>
    {
        if (!store.Holds(write.Condition, inParts: false))
            await RequireAsync(write.Condition, key, cancellationToken).ConfigureAwait(false);
        var upload = new ObjectUpload(store, policy, names.Of(key), store.KeepsAttributes ? write.Attributes : null, write.Sha256);
        UfsStatus written = await upload.RunAsync(
            content,
            (length, put) => CommitAsync(
                key, write.Condition, length, put, cancellationToken,
                isHeld: store.Holds(write.Condition, upload.IsInParts), isWhole: store.ChecksContent && !upload.IsInParts),
            cancellationToken).ConfigureAwait(false);
        return written with { Attributes = upload.Attributes };
    });

    /// <summary>The condition is looked at first, also where the store holds it: before parts by the thousand are copied for nothing.</summary>
    public Task<UfsStatus?> ComposeAsync(string key, IReadOnlyList<UfsPart> parts, ObjectWrite write, CancellationToken cancellationToken) => TranslateAsync(key, async () =>
    {
        if (!ObjectComposition.Fits(store, policy.Limits, parts))
            return null;
        if (!write.Condition.IsNone)
            await RequireAsync(write.Condition, key, cancellationToken).ConfigureAwait(false);
        UfsAttributes? attributes = store.KeepsAttributes ? write.Attributes(true) : null;
        var composition = new ObjectComposition(store, policy, names, names.Of(key), attributes);
        UfsStatus? written = await composition.RunAsync(
            parts,
            (length, put) => CommitAsync(key, write.Condition, length, put, cancellationToken, isHeld: store.Holds(write.Condition, inParts: true)),
            cancellationToken).ConfigureAwait(false);
        return written is null ? null : written with { Attributes = attributes };
    });

    public Task CreateDirectoryAsync(string key, CancellationToken cancellationToken) => TranslateAsync(key, async () =>
    {
        if (key.Length == 0 || await listing.IsDirectoryAsync(key, cancellationToken).ConfigureAwait(false))
            return true;
        await Task.WhenAll(RequireNoFileAboveAsync(key, cancellationToken), RequireNoFileAsync(key, cancellationToken)).ConfigureAwait(false);
        await policy.SendAsync(UfsOperation.Put, t => store.PutAsync(names.OfDirectory(key), default, WriteCondition.None, null, null, t), cancellationToken).ConfigureAwait(false);
        return true;
    });

    public Task DeleteAsync(string key, CancellationToken cancellationToken) => TranslateAsync(key, async () =>
    {
        if (await StatusAsync(key, cancellationToken).ConfigureAwait(false) is not null)
            return await DeleteObjectAsync(key, names.Of(key), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<ObjectEntry> below = await listing.FirstBelowAsync(key, 2, cancellationToken).ConfigureAwait(false);
        if (below.Count == 0)
            throw CacheException.NotFound(key);
        if (below.Count > 1 || below[0].Name != names.OfDirectory(key))
            throw new CacheException(CacheError.NotEmpty, $"The directory '{key}' is not empty; delete its entries first.");
        return await DeleteObjectAsync(key, names.OfDirectory(key), cancellationToken).ConfigureAwait(false);
    });

    /// <summary>The look and the delete are two steps where the store does not hold the condition itself; only writes through this instance wait.</summary>
    public Task DeleteFileAsync(string key, WriteCondition condition, CancellationToken cancellationToken) => TranslateAsync(key, async () =>
    {
        using Held held = await EnterAsync(key, cancellationToken).ConfigureAwait(false);
        await RequireAsync(condition, key, cancellationToken).ConfigureAwait(false);
        try
        {
            await policy.SendAsync(
                UfsOperation.Delete, t => store.DeleteAsync(names.Of(key), condition, t), cancellationToken, repeatable: condition.IsNone).ConfigureAwait(false);
        }
        catch (StoreException e) when (e.Failure == StoreFailure.ConditionFailed)
        {
            throw condition.Failed(key);
        }
        return true;
    });

    public Task RenameAsync(string from, string to, CancellationToken cancellationToken) => TranslateAsync(from, async () =>
    {
        if (to.StartsWith(from + "/", StringComparison.Ordinal))
            throw new CacheException(CacheError.InvalidArgument, $"'{from}' cannot be moved into itself ('{to}').");
        ObjectStatus? source = await StatusAsync(from, cancellationToken).ConfigureAwait(false);
        if (source is null && !await listing.IsDirectoryAsync(from, cancellationToken).ConfigureAwait(false))
            throw CacheException.NotFound(from);
        if (from == to)
            return true;
        await RequireNoFileAboveAsync(to, cancellationToken).ConfigureAwait(false);
        if (await listing.IsDirectoryAsync(to, cancellationToken).ConfigureAwait(false)
            || (source is null && await StatusAsync(to, cancellationToken).ConfigureAwait(false) is not null))
            throw new CacheException(CacheError.AlreadyExists, $"'{to}' exists already.");
        if (source is not null)
        {
            names.RequireFile(to);
            return await MoveAsync(source, to, cancellationToken).ConfigureAwait(false);
        }
        // One after the other, each deleted as soon as it is copied: whatever happens, each is in one of the two places.
        await foreach (ObjectStatus below in listing.AllBelowAsync(from, cancellationToken).ConfigureAwait(false))
        {
            string key = names.KeyOf(below.Name);
            names.RequireFit(key);
            await MoveAsync(below, to + key[from.Length..], cancellationToken).ConfigureAwait(false);
        }
        // A marker that the store does not list below its directory.
        return await DeleteObjectAsync(from, names.OfDirectory(from), cancellationToken).ConfigureAwait(false);
    });

    private async Task<bool> MoveAsync(ObjectStatus source, string to, CancellationToken cancellationToken)
    {
        string target = names.Of(to);
        using (await EnterAsync(to, cancellationToken).ConfigureAwait(false))
        {
            // A copy inside the store sends nothing while it lasts; it is given the time of 16 MiB/s.
            await policy.SendAsync(
                UfsOperation.Copy,
                async t =>
                {
                    await store.CopyAsync(source, target, t).ConfigureAwait(false);
                    return true;
                },
                cancellationToken,
                uploaded: (int)Math.Min(int.MaxValue, source.Length / 64)).ConfigureAwait(false);
        }
        ObjectStatus? copied = await policy.SendAsync(UfsOperation.Head, t => store.GetStatusAsync(target, t), cancellationToken).ConfigureAwait(false);
        if (copied?.Length != source.Length)
            throw new CacheException(CacheError.Unavailable, $"'{store.Uri}' did not copy all of '{names.KeyOf(source.Name)}'; it was left where it is.");
        return await DeleteObjectAsync(names.KeyOf(source.Name), source.Name, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> DeleteObjectAsync(string key, string name, CancellationToken cancellationToken)
    {
        using (await EnterAsync(key, cancellationToken).ConfigureAwait(false))
            await policy.SendAsync(UfsOperation.Delete, t => store.DeleteAsync(name, WriteCondition.None, t), cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>A conditional write whose answer is lost is not sent again: the second would fail by what the first has done.</summary>
    private async Task<UfsStatus> CommitAsync(
        string key, WriteCondition condition, long length, Func<WriteCondition, CancellationToken, Task<FileVersion>> put, CancellationToken cancellationToken,
        bool isHeld = false, bool isWhole = false)
    {
        using (await EnterAsync(key, cancellationToken).ConfigureAwait(false))
        {
            if (!condition.IsNone && !isHeld)
                await RequireAsync(condition, key, cancellationToken).ConfigureAwait(false);
            FileVersion version;
            try
            {
                version = await put(condition, cancellationToken).ConfigureAwait(false);
            }
            catch (StoreException e) when (!condition.IsNone && e.Failure is StoreFailure.ConditionFailed or StoreFailure.NotFound)
            {
                throw condition.Failed(key);
            }
            return isWhole
                ? new UfsStatus(key, IsDirectory: false, length, DateTimeOffset.UnixEpoch, version)
                : await ConfirmAsync(key, length, version, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Some stores take what they do not understand for content (aws-chunked bodies): what was stored is compared, and not left there.</summary>
    private async Task<UfsStatus> ConfirmAsync(string key, long length, FileVersion version, CancellationToken cancellationToken)
    {
        ObjectStatus? stored = await StatusAsync(key, cancellationToken).ConfigureAwait(false);
        if (stored?.Version != version)
            return new UfsStatus(key, IsDirectory: false, length, stored?.LastModified ?? DateTimeOffset.UnixEpoch, version); // Replaced or deleted already.
        if (stored.Length == length)
            return ObjectNames.File(key, stored);
        await policy.SendAsync(UfsOperation.Delete, t => store.DeleteAsync(names.Of(key), WriteCondition.None, t), cancellationToken).ConfigureAwait(false);
        throw new CacheException(CacheError.Unavailable, $"'{store.Uri}' stored {stored.Length} bytes of '{key}' instead of {length}; it was deleted again. Does the store understand the mount's checksums option?");
    }

    private async Task RequireAsync(WriteCondition condition, string key, CancellationToken cancellationToken) =>
        condition.Require(await StatusAsync(key, cancellationToken).ConfigureAwait(false) is { } status ? ObjectNames.File(key, status) : null, key);

    private async Task RequireNoDirectoryAsync(string key, CancellationToken cancellationToken)
    {
        if (await listing.IsDirectoryAsync(key, cancellationToken).ConfigureAwait(false))
            throw IsDirectory(key);
    }

    private Task RequireNoFileAboveAsync(string key, CancellationToken cancellationToken)
    {
        var checks = new List<Task>();
        for (string above = UfsKey.ParentOf(key); above.Length > 0; above = UfsKey.ParentOf(above))
            checks.Add(RequireNoFileAsync(above, cancellationToken));
        return Task.WhenAll(checks);
    }

    private async Task RequireNoFileAsync(string key, CancellationToken cancellationToken)
    {
        if (await StatusAsync(key, cancellationToken).ConfigureAwait(false) is not null)
            throw new CacheException(CacheError.NotADirectory, $"'{key}' is a file, not a directory.");
    }

    private Task<ObjectStatus?> StatusAsync(string key, CancellationToken cancellationToken) => ObjectNames.MayBeFile(key)
        ? policy.SendAsync(UfsOperation.Head, t => store.GetStatusAsync(names.Of(key), t), cancellationToken)
        : Task.FromResult<ObjectStatus?>(null);

    private async Task<Held> EnterAsync(string key, CancellationToken cancellationToken)
    {
        SemaphoreSlim gate = _gates[(uint)key.GetHashCode(StringComparison.Ordinal) % Gates];
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Held(gate);
    }

    private async Task<T> TranslateAsync<T>(string key, Func<Task<T>> change)
    {
        try
        {
            return await change().ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            throw e.ToCacheException(key, store.Uri);
        }
    }

    private readonly struct Held(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
