using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Files;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Rest.Browsing;

/// <summary>
/// GET of a directory's entries: { path, entries: [...], nextToken }. Entries are written as the engine gives them, so memory
/// does not grow with the page; nextToken comes last because only then is known whether there is more.
/// </summary>
internal sealed class ListEndpoint(CacheFileSystem files, RestLimits limits)
{
    public const string Route = "/api/v1/list";

    /// <summary>JSON bytes gathered before they are sent: a few network packets, some hundred entries.</summary>
    private const int FlushBytes = 32 * CacheLimits.KiB;

    public async Task HandleAsync(HttpContext context)
    {
        QueryString query = context.Request.QueryString;
        CachePath directory = RequestTarget.PathOf(context, Route);
        int limit = QueryValues.Count(query, "limit", limits.DefaultListEntries, limits.MaxListEntries);
        bool recursive = QueryValues.Flag(query, "recursive");
        IAsyncEnumerable<FileStatus> entries = files.ListAsync(directory, recursive, StartAfter(query), context.RequestAborted);

        IAsyncEnumerator<FileStatus> source = entries.GetAsyncEnumerator(context.RequestAborted);
        await using (source.ConfigureAwait(false))
        {
            // The first step before the first byte: what is wrong with the directory shows here and becomes a problem.
            bool any = await source.MoveNextAsync().ConfigureAwait(false);
            context.Response.ContentType = "application/json; charset=utf-8";
            await WriteAsync(context.Response.BodyWriter, directory, source, any, limit, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static string? StartAfter(QueryString query)
    {
        string? startAfter = QueryValues.Text(query, "startAfter");
        string? token = QueryValues.Text(query, "token");
        if (startAfter is not null && token is not null)
            throw new CacheException(CacheError.InvalidArgument, "Both startAfter and token are given; give one of them.");
        return token is null ? startAfter : ListToken.Read(token);
    }

    /// <summary>
    /// Gathers JSON in a buffer of its own: nothing reaches the response before it is sent, so a listing that fails early is
    /// still answered by a clean problem.
    /// </summary>
    private static async Task WriteAsync(
        PipeWriter target, CachePath directory, IAsyncEnumerator<FileStatus> source, bool more, int limit, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(2 * FlushBytes);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("path", directory.Value);
        json.WriteStartArray("entries");
        FileStatus? last = null;
        for (int written = 0; more && written < limit; written++)
        {
            last = source.Current;
            WriteEntry(json, last);
            if (buffer.WrittenCount + json.BytesPending >= FlushBytes && !await SendAsync(json, buffer, target, cancellationToken).ConfigureAwait(false))
                return;
            more = await source.MoveNextAsync().ConfigureAwait(false);
        }
        json.WriteEndArray();
        if (more && last is not null)
            json.WriteString("nextToken", ListToken.Of(last.Path.RelativeTo(directory)));
        json.WriteEndObject();
        await SendAsync(json, buffer, target, cancellationToken).ConfigureAwait(false);
    }

    private static void WriteEntry(Utf8JsonWriter json, FileStatus entry)
    {
        json.WriteStartObject();
        json.WriteString("path", entry.Path.Value);
        json.WriteString("type", Naming.TypeOf(entry));
        if (entry.File is { } file)
        {
            json.WriteNumber("length", file.Length);
            json.WriteString("version", file.Version.Token);
        }
        json.WriteString("lastModified", entry.LastModified);
        json.WriteEndObject();
    }

    /// <summary>False where the client is gone.</summary>
    private static async ValueTask<bool> SendAsync(Utf8JsonWriter json, ArrayBufferWriter<byte> buffer, PipeWriter target, CancellationToken cancellationToken)
    {
        json.Flush();
        FlushResult flushed = await target.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        buffer.ResetWrittenCount();
        return !flushed.IsCompleted && !flushed.IsCanceled;
    }
}
