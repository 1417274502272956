using Orleans.Cache.Files;
using Orleans.Cache.Filling;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Loading;

/// <summary>Loads one file, a few parts of it at a time; once more where it changes meanwhile.</summary>
internal sealed class FileLoad(CacheFileSystem files, LoadTally tally, CacheLimits limits, TimeProvider time)
{
    /// <summary>Parts of one file at a time: with parts of 8 MiB they take all the bytes that loads may have in flight, so a single large file comes as fast as many.</summary>
    private const int PartsInFlight = 4;

    /// <summary>A local file is kept from 2 s after its last change; a little more, for the clock's granularity.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2.5);

    private long _done;
    private long _loaded;

    /// <exception cref="CacheException">The file is not, or not as a whole, in the cache.</exception>
    public async Task RunAsync(FileStatus status, CancellationToken cancellationToken)
    {
        try
        {
            await LoadAsync(files.Open(status), cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.Changed)
        {
            // The listing believed what it said for a while. The node has forgotten it by now, and says anew what is there.
            CacheFile now = await files.OpenAsync(status.Path, cancellationToken).ConfigureAwait(false);
            tally.FoundOther(now.Ref.Length - status.Length);
            tally.Came(-Interlocked.Exchange(ref _done, 0), -Interlocked.Exchange(ref _loaded, 0));
            await LoadAsync(now, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task LoadAsync(CacheFile file, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        Parts(file), new ParallelOptions { MaxDegreeOfParallelism = PartsInFlight, CancellationToken = cancellationToken },
        (part, stopped) => LoadPartAsync(file, part.Offset, part.Length, stopped));

    /// <summary>What one fill joins: parts end where pages and stripes do, both being powers of two.</summary>
    private IEnumerable<(long Offset, long Length)> Parts(CacheFile file)
    {
        long part = Math.Max(file.Ref.PageSize, Math.Min(limits.MaxFillBytes, limits.ReadAheadBytes / 8) / file.Ref.PageSize * file.Ref.PageSize);
        for (long offset = 0; offset < file.Ref.Length;)
        {
            long stripeEnd = (offset / CacheFile.StripeBytes + 1) * CacheFile.StripeBytes;
            long length = Math.Min(part, Math.Min(stripeEnd, file.Ref.Length) - offset);
            yield return (offset, length);
            offset += length;
        }
    }

    private async ValueTask LoadPartAsync(CacheFile file, long offset, long length, CancellationToken cancellationToken)
    {
        LoadedPages came = await file.LoadAsync(offset, length, cancellationToken).ConfigureAwait(false);
        if (came.UnkeptBytes > 0)
        {
            await Task.Delay(Settling, time, cancellationToken).ConfigureAwait(false);
            LoadedPages later = await file.LoadAsync(offset, length, cancellationToken).ConfigureAwait(false);
            came = later with { PresentBytes = later.PresentBytes - came.LoadedBytes, LoadedBytes = later.LoadedBytes + came.LoadedBytes };
        }
        Count(came.PresentBytes + came.LoadedBytes, came.LoadedBytes);
        if (came.UnkeptBytes > 0)
            throw new CacheException(CacheError.Unavailable,
                $"'{file.Status.Path}' cannot be kept: it changes all the time, or its store directory has no room for its pages or is out of service.");
    }

    private void Count(long done, long loaded)
    {
        Interlocked.Add(ref _done, done);
        Interlocked.Add(ref _loaded, loaded);
        tally.Came(done, loaded);
    }
}
