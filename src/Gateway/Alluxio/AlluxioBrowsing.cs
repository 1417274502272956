using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>
/// Listings and statuses: arrays of file objects. A listing is written as the engine gives it, so memory does not grow with the
/// directory. What is answered here is what a client names next, so the ids are remembered.
/// </summary>
internal sealed class AlluxioBrowsing(CacheFileSystem files, AlluxioPaths paths, PathIds ids, RewriteGuard guard)
{
    /// <summary>JSON bytes gathered before they are sent: about a hundred entries.</summary>
    private const int FlushBytes = 32 * CacheLimits.KiB;

    /// <summary>Of a listing, so many ids at most are remembered: one look at a huge directory must not push out all others.</summary>
    private const int MaxIdsPerListing = 10_000;

    public async Task ListAsync(HttpContext context)
    {
        CancellationToken cancellationToken = context.RequestAborted;
        AlluxioPath directory = paths.Required(new AlluxioQuery(context.Request), "path");
        FileStatus status = await files.GetStatusAsync(directory.Path, cancellationToken).ConfigureAwait(false);
        if (!status.IsDirectory)
        {
            await DescribeAsync(context, directory, status).ConfigureAwait(false);
            return;
        }
        IAsyncEnumerator<FileStatus> entries = files.ListAsync(directory.Path, recursive: false, startAfter: null, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (entries.ConfigureAwait(false))
        {
            // The first step before the first byte: what is wrong with the directory shows here.
            bool any = await entries.MoveNextAsync().ConfigureAwait(false);
            context.Response.ContentType = "application/json; charset=utf-8";
            await WriteAsync(context, directory, entries, any).ConfigureAwait(false);
        }
    }

    public async Task InfoAsync(HttpContext context)
    {
        AlluxioPath path = paths.Required(new AlluxioQuery(context.Request), "path");
        FileStatus status = await files.GetStatusAsync(path.Path, context.RequestAborted).ConfigureAwait(false);
        await DescribeAsync(context, path, status).ConfigureAwait(false);
    }

    private async Task DescribeAsync(HttpContext context, AlluxioPath path, FileStatus status)
    {
        string url = paths.UrlOf(path.Path);
        guard.Forget(context.Connection.RemoteIpAddress, path.Path);
        ids.Learn(path.Spelling, url);
        int percent = await CachedPercentAsync(status, context.RequestAborted).ConfigureAwait(false);
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartArray();
        FileObject.Write(json, status, path.Spelling, url, percent);
        json.WriteEndArray();
        json.Flush();
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = buffer.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }

    private async ValueTask<int> CachedPercentAsync(FileStatus status, CancellationToken cancellationToken)
    {
        if (status.File is not { } file)
            return 0;
        return file.Length == 0 ? 100 : (int)(100.0 * await files.GetCachedBytesAsync(file, cancellationToken).ConfigureAwait(false) / file.Length);
    }

    private async Task WriteAsync(HttpContext context, AlluxioPath directory, IAsyncEnumerator<FileStatus> entries, bool more)
    {
        var buffer = new ArrayBufferWriter<byte>(2 * FlushBytes);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartArray();
        for (int written = 0; more; written++)
        {
            FileStatus entry = entries.Current;
            string spelling = UfsNames.Join(directory.Spelling, entry.Path.Name), url = paths.UrlOf(entry.Path);
            FileObject.Write(json, entry, spelling, url, cachedPercent: null);
            if (!entry.IsDirectory && written < MaxIdsPerListing)
                ids.Learn(spelling, url);
            if (buffer.WrittenCount + json.BytesPending >= FlushBytes && !await SendAsync(context, json, buffer).ConfigureAwait(false))
                return;
            more = await entries.MoveNextAsync().ConfigureAwait(false);
        }
        json.WriteEndArray();
        await SendAsync(context, json, buffer).ConfigureAwait(false);
    }

    /// <summary>False where the client is gone.</summary>
    private static async ValueTask<bool> SendAsync(HttpContext context, Utf8JsonWriter json, ArrayBufferWriter<byte> buffer)
    {
        json.Flush();
        System.IO.Pipelines.FlushResult flushed = await context.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
        buffer.ResetWrittenCount();
        return !flushed.IsCompleted && !flushed.IsCanceled;
    }
}
