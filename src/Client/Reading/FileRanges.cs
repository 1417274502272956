using System.Diagnostics;
using Orleans.Cache.Client.Telemetry;
using Orleans.Cache.Files;
using Orleans.Cache.Nodes;

namespace Orleans.Cache.Client.Reading;

/// <summary>Reads ranges of one version into the caller's memory, completely. Nothing writes into that memory once a call has ended, however it ended.</summary>
internal static class FileRanges
{
    /// <summary>Below it a range of its own costs more than it brings: a request is about 0.1 ms, and so are 256 KiB.</summary>
    private const int MinBytesPerRange = 4 * CacheLimits.MiB;

    /// <summary>Fills the destination; the bytes must be within the file. One range at a time, each to the end of its stripe at most.</summary>
    public static async Task FillAsync(CacheFile file, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        using Activity? activity = ClientTelemetry.Activities.StartActivity("ocache.range", ActivityKind.Client);
        activity?.SetTag("ocache.path", file.Status.Path.Value).SetTag("ocache.offset", offset).SetTag("ocache.bytes", destination.Length);
        try
        {
            while (!destination.IsEmpty)
            {
                int filled = await FillFromOwnerAsync(file, offset, destination, cancellationToken).ConfigureAwait(false);
                ClientTelemetry.BytesRead.Add(filled);
                offset += filled;
                destination = destination[filled..];
            }
        }
        catch (Exception e)
        {
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
    }

    /// <summary>As <see cref="FillAsync"/>, with up to <paramref name="inFlight"/> ranges at once: of a large file, most lie on nodes of their own.</summary>
    public static async Task FillInParallelAsync(CacheFile file, long offset, Memory<byte> destination, int inFlight, CancellationToken cancellationToken)
    {
        int parts = Math.Clamp(destination.Length / MinBytesPerRange, 1, inFlight);
        if (parts == 1)
        {
            await FillAsync(file, offset, destination, cancellationToken).ConfigureAwait(false);
            return;
        }
        // Borders between pages, so that no page is asked for twice. Long: the end of the last part may be behind what an int can count.
        long end = offset + destination.Length;
        long first = offset - offset % file.Ref.PageSize;
        long pages = (end - first + file.Ref.PageSize - 1) / file.Ref.PageSize;
        long part = (pages + parts - 1) / parts * file.Ref.PageSize;
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var filling = new List<Task>(parts);
        for (long border = first; border < end; border += part)
        {
            long start = Math.Max(border, offset);
            Memory<byte> its = destination.Slice((int)(start - offset), (int)(Math.Min(border + part, end) - start));
            filling.Add(FillPartAsync(file, start, its, failed));
        }
        // Not until all have ended: they write into the caller's memory.
        await Task.WhenAll(filling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (Task filled in filling)
        {
            // The one that failed first has cancelled the others.
            if (filled.IsFaulted)
                await filled.ConfigureAwait(false);
        }
    }

    private static async Task FillPartAsync(CacheFile file, long offset, Memory<byte> destination, CancellationTokenSource failed)
    {
        try
        {
            await FillAsync(file, offset, destination, failed.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            await failed.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async ValueTask<int> FillFromOwnerAsync(CacheFile file, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ClientTelemetry.Ranges.Add(1);
        IRangeReader range = file.TryOpenRange(offset, destination.Length)!;
        await using (range.ConfigureAwait(false))
        {
            int filled = 0;
            int read;
            while (filled < destination.Length && (read = await range.ReadAsync(destination[filled..], cancellationToken).ConfigureAwait(false)) > 0)
                filled += read;
            return filled > 0 ? filled : throw CacheException.Changed(file.Status.Path.Value);
        }
    }
}
