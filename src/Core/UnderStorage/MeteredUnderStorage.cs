using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.UnderStorage;

/// <summary>
/// Counts the ranged reads and the writes that reach an under storage, their bytes and their failures. Changed and NotFound are answers, not
/// failures. Status requests are counted where they are made, by the metadata cache.
/// </summary>
public sealed class MeteredUnderStorage(IUnderStorage inner, CacheCounters counters, MountUse? use = null) : DelegatingUnderStorage(inner)
{
    public override async ValueTask<IUfsReader> OpenReadAsync(
        string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        counters.UfsReads.Increment();
        try
        {
            IUfsReader reader = await Inner.OpenReadAsync(key, version, offset, length, cancellationToken).ConfigureAwait(false);
            return new MeteredReader(reader, counters, use);
        }
        catch (Exception e) when (IsFailure(e))
        {
            counters.UfsErrors.Increment();
            throw;
        }
    }

    /// <summary>A read, where it was one; its failure is counted where statuses' are.</summary>
    public override async ValueTask<FirstBytes?> OpenFirstAsync(string key, int length, CancellationToken cancellationToken)
    {
        FirstBytes? first = await Inner.OpenFirstAsync(key, length, cancellationToken).ConfigureAwait(false);
        if (first is not null)
            counters.UfsReads.Increment();
        return first?.Reader is null ? first : first with { Reader = new MeteredReader(first.Reader, counters, use) };
    }

    public override async Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        UfsStatus written = await CountAsync(Inner.CreateAsync(key, content, condition, cancellationToken)).ConfigureAwait(false);
        counters.BytesToUfs.Add(written.Length);
        return written;
    }

    public override async Task<UfsStatus> CreateObjectAsync(string key, Stream content, ObjectWrite write, CancellationToken cancellationToken)
    {
        UfsStatus written = await CountAsync(Inner.CreateObjectAsync(key, content, write, cancellationToken)).ConfigureAwait(false);
        counters.BytesToUfs.Add(written.Length);
        return written;
    }

    /// <summary>A write, where it was one. None of its bytes are sent.</summary>
    public override async Task<UfsStatus?> ComposeAsync(string key, IReadOnlyList<UfsPart> parts, ObjectWrite write, CancellationToken cancellationToken)
    {
        Task<UfsStatus?> composing = Inner.ComposeAsync(key, parts, write, cancellationToken);
        await ((Task)composing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (composing is not { IsCompletedSuccessfully: true, Result: null })
            await CountAsync((Task)composing).ConfigureAwait(false);
        return await composing.ConfigureAwait(false);
    }

    public override Task CreateDirectoryAsync(string key, CancellationToken cancellationToken) =>
        CountAsync(Inner.CreateDirectoryAsync(key, cancellationToken));

    public override Task DeleteAsync(string key, CancellationToken cancellationToken) => CountAsync(Inner.DeleteAsync(key, cancellationToken));

    public override Task DeleteFileAsync(string key, WriteCondition condition, CancellationToken cancellationToken) =>
        CountAsync(Inner.DeleteFileAsync(key, condition, cancellationToken));

    public override Task RenameAsync(string from, string to, CancellationToken cancellationToken) =>
        CountAsync(Inner.RenameAsync(from, to, cancellationToken));

    private async Task<UfsStatus> CountAsync(Task<UfsStatus> write)
    {
        await CountAsync((Task)write).ConfigureAwait(false);
        return await write.ConfigureAwait(false);
    }

    /// <summary>A write that is refused (not empty, a condition) is an answer.</summary>
    private async Task CountAsync(Task write)
    {
        counters.UfsWrites.Increment();
        try
        {
            await write.ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error is CacheError.Unavailable or CacheError.NoSpace)
        {
            counters.UfsErrors.Increment();
            throw;
        }
    }

    private static bool IsFailure(Exception e) =>
        e is not (OperationCanceledException or CacheException { Error: CacheError.Changed or CacheError.NotFound });

    private sealed class MeteredReader(IUfsReader inner, CacheCounters counters, MountUse? use) : IUfsReader
    {
        public bool MayPublish => inner.MayPublish;

        public long? FileLength => inner.FileLength;

        public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            ValueTask<int> reading;
            try
            {
                reading = inner.ReadAsync(destination, cancellationToken);
            }
            catch (Exception e) when (IsFailure(e))
            {
                counters.UfsErrors.Increment();
                throw;
            }
            if (!reading.IsCompletedSuccessfully)
                return CountAsync(reading);
            int read = reading.Result;
            Count(read);
            return new(read);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private void Count(int read)
        {
            counters.BytesFromUfs.Add(read);
            use?.BytesFetched.Add(read);
        }

        private async ValueTask<int> CountAsync(ValueTask<int> reading)
        {
            try
            {
                int read = await reading.ConfigureAwait(false);
                Count(read);
                return read;
            }
            catch (Exception e) when (IsFailure(e))
            {
                counters.UfsErrors.Increment();
                throw;
            }
        }
    }
}
