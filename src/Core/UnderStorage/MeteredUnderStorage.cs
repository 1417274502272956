using Orleans.Cache.Identity;
using Orleans.Cache.Telemetry;

namespace Orleans.Cache.UnderStorage;

/// <summary>
/// Counts the ranged reads that reach an under storage, their bytes and their failures. Changed and NotFound are answers, not
/// failures. Status requests are counted where they are made, by the metadata cache.
/// </summary>
public sealed class MeteredUnderStorage(IUnderStorage inner, CacheCounters counters) : DelegatingUnderStorage(inner)
{
    public override async ValueTask<IUfsReader> OpenReadAsync(
        string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        counters.UfsReads.Increment();
        try
        {
            IUfsReader reader = await Inner.OpenReadAsync(key, version, offset, length, cancellationToken).ConfigureAwait(false);
            return new MeteredReader(reader, counters);
        }
        catch (Exception e) when (IsFailure(e))
        {
            counters.UfsErrors.Increment();
            throw;
        }
    }

    private static bool IsFailure(Exception e) =>
        e is not (OperationCanceledException or CacheException { Error: CacheError.Changed or CacheError.NotFound });

    private sealed class MeteredReader(IUfsReader inner, CacheCounters counters) : IUfsReader
    {
        public bool MayPublish => inner.MayPublish;

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
            counters.BytesFromUfs.Add(read);
            return new(read);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private async ValueTask<int> CountAsync(ValueTask<int> reading)
        {
            try
            {
                int read = await reading.ConfigureAwait(false);
                counters.BytesFromUfs.Add(read);
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
