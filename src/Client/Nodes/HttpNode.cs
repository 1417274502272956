using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Nodes;
using Orleans.Cache.Pages;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Client.Nodes;

/// <summary>
/// Another node, reached over HTTP/1.1. Every failure to reach it is a <see cref="CacheError.NodeUnreachable"/>; errors of the
/// node itself come as it threw them.
/// </summary>
internal sealed class HttpNode : ICacheNode, IDisposable
{
    private readonly PeerTransport _transport;

    /// <param name="member">Name and address.</param>
    /// <param name="pageSize">The cluster's page size.</param>
    /// <param name="transport">Connections, shared with other nodes.</param>
    /// <param name="objection">Why a node that answers a ping is not to be used (another name, other mounts); null where it is.</param>
    public HttpNode(RingMember member, int pageSize, PeerTransport transport, Func<PingMessage, string?> objection)
    {
        Member = member;
        PageSize = pageSize;
        _transport = transport;
        Life = new NodeLife(member, transport, objection);
    }

    public RingMember Member { get; }

    public NodeLife Life { get; }

    /// <summary>Told the fingerprint of the ring by which the node routes, as often as an answer carries it.</summary>
    public Action<HttpNode, string>? RingSeen { get; init; }

    /// <summary>Where files have one place that answers for them: what this node owns is asked there.</summary>
    public IFileOwners? Owners { get; init; }

    public string Name => Member.Name;

    public int PageSize { get; }

    public async ValueTask<StatusAnswer> GetStatusAsync(CachePath path, StatusWish wish, CancellationToken cancellationToken)
    {
        bool described = (wish & StatusWish.Described) != 0;
        if (!described && Owners is not null && await AskOwnerAsync(Owners, path, cancellationToken).ConfigureAwait(false) is { } owned)
            return owned;
        string how = (described ? PeerRoutes.Described : "") + ((wish & StatusWish.FirstPage) != 0 ? PeerRoutes.FirstPage : "");
        StatusAnswerMessage answer = await AskAsync(
            HttpMethod.Get, $"{PeerRoutes.Status}?path={Uri.EscapeDataString(path.Value)}{how}", PeerJson.Default.StatusAnswerMessage, cancellationToken)
            .ConfigureAwait(false);
        return answer.ToAnswer();
    }

    public async IAsyncEnumerable<FileStatus> ListAsync(
        CachePath directory, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string query = $"{PeerRoutes.List}?path={Uri.EscapeDataString(directory.Value)}" + (startAfter is null ? "" : "&startAfter=" + Uri.EscapeDataString(startAfter));
        using var watch = new StallWatch(Life, _transport, cancellationToken);
        using HttpResponseMessage response = await SendAsync(_transport.Requests, new HttpRequestMessage(HttpMethod.Get, AddressOf(query)), watch).ConfigureAwait(false);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), Encoding.UTF8);
        while (await NextLineAsync(lines, watch).ConfigureAwait(false) is { } line)
            yield return JsonSerializer.Deserialize(line, PeerJson.Default.StatusMessage)!.ToStatus();
    }

    public async ValueTask<int> ReadAsync(FileRef file, long offset, Memory<byte> destination, long expected, CancellationToken cancellationToken)
    {
        int wanted = (int)Math.Min(destination.Length, file.Length - offset);
        var range = new HttpRangeReader(this, file, offset, wanted);
        await using (range.ConfigureAwait(false))
        {
            int read = 0;
            while (read < wanted)
                read += await range.ReadAsync(destination[read..wanted], cancellationToken).ConfigureAwait(false);
            return read;
        }
    }

    public IRangeReader? TryOpenRange(FileRef file, long offset, long length) => new HttpRangeReader(this, file, offset, length);

    public BackingLease? TryLease(FileRef file, long offset, long length, long expected) => null;

    public ValueTask<bool> AwaitPageAsync(FileRef file, long offset, CancellationToken cancellationToken) => new(false);

    public async ValueTask<long> GetCachedBytesAsync(FileRef file, CancellationToken cancellationToken) =>
        (await AskAsync(HttpMethod.Get, PeerRoutes.Cached + FileRefQuery.Write(file), PeerJson.Default.CachedMessage, cancellationToken).ConfigureAwait(false)).Bytes;

    public async ValueTask<LoadedPages> LoadAsync(FileRef file, long offset, long length, CancellationToken cancellationToken)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"&offset={offset}&bytes={length}");
        return await AskAsync(HttpMethod.Post, PeerRoutes.Load + FileRefQuery.Write(file) + range, PeerJson.Default.LoadedPages, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<PageMap> DescribePagesAsync(FileRef file, int maxRuns, CancellationToken cancellationToken)
    {
        string runs = string.Create(CultureInfo.InvariantCulture, $"&maxRuns={maxRuns}");
        return await AskAsync(HttpMethod.Get, PeerRoutes.Pages + FileRefQuery.Write(file) + runs, PeerJson.Default.PageMap, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RecalledStatus?> RecallStatusAsync(CachePath path, CancellationToken cancellationToken) =>
        (await AskAsync(HttpMethod.Get, PathQuery(PeerRoutes.Recall, path, recursive: false), PeerJson.Default.RecalledMessage, cancellationToken).ConfigureAwait(false))
        .ToRecalled();

    public async Task<DroppedPages> CountCachedAsync(CachePath path, bool recursive, CancellationToken cancellationToken) =>
        (await AskAsync(HttpMethod.Get, PathQuery(PeerRoutes.Count, path, recursive), PeerJson.Default.DroppedMessage, cancellationToken).ConfigureAwait(false))
        .ToDropped();

    public async Task<DroppedPages> FreeAsync(CachePath path, bool recursive, CancellationToken cancellationToken) =>
        (await AskAsync(HttpMethod.Post, PathQuery(PeerRoutes.Free, path, recursive), PeerJson.Default.DroppedMessage, cancellationToken).ConfigureAwait(false))
        .ToDropped();

    /// <summary>The path that the node has been told of under an id of Alluxio's dialect; null where it has not, or does not answer.</summary>
    internal async Task<string?> FindPathAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await AskAsync(HttpMethod.Get, PeerRoutes.PathOfId + id, PeerJson.Default.PathOfIdMessage, cancellationToken).ConfigureAwait(false)).UfsFullPath;
        }
        catch (CacheException)
        {
            return null;
        }
    }

    /// <summary>A node that cannot be told is taken for down; before it is used again it forgets everything (<see cref="ForgetAllAsync"/>).</summary>
    public async Task InvalidateAsync(CachePath path, bool recursive)
    {
        try
        {
            await TellAsync(PathQuery(PeerRoutes.Invalidate, path, recursive)).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
        {
            await Life.DoubtAndTellAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Pages of a version that is no longer there are unused, never wrong: a node that cannot be told keeps them until it evicts them.</summary>
    public async Task DropAsync(FileRef file)
    {
        try
        {
            await TellAsync(PeerRoutes.Drop + FileRefQuery.Write(file)).ConfigureAwait(false);
        }
        catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
        {
            // See above.
        }
    }

    /// <summary>Makes the node forget what it believes of all paths: it may have missed invalidations.</summary>
    internal async Task ForgetAllAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, AddressOf(PathQuery(PeerRoutes.Invalidate, CachePath.Root, recursive: true)));
        using var patience = new CancellationTokenSource(_transport.Limits.PingTimeout, _transport.Time);
        try
        {
            using HttpResponseMessage response = await _transport.Pings.SendAsync(request, patience.Token).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
        }
        catch (Exception e) when (IsTransport(e))
        {
            throw new CacheException(CacheError.NodeUnreachable, $"Node '{Name}' could not be told to forget: {e.Message}", e);
        }
    }

    public void Dispose() => Life.Dispose();

    /// <summary>Sends a request whose answer begins; the caller disposes it.</summary>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, StallWatch watch) => SendAsync(_transport.Requests, request, watch);

    private async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, StallWatch watch)
    {
        HttpResponseMessage response;
        try
        {
            response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, watch.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (IsTransport(e))
        {
            throw watch.Translate(e, Name);
        }
        watch.Progressed();
        if (RingSeen is not null && response.Headers.NonValidated.TryGetValues(PeerRoutes.RingHeader, out HeaderStringValues ring))
            RingSeen(this, ring.ToString());
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await ErrorAsync(response, watch).ConfigureAwait(false);
    }

    /// <summary>Sends a request of the REST API and gives the body of its answer.</summary>
    internal async Task<byte[]> ChangeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var watch = new StallWatch(Life, _transport, cancellationToken);
        using HttpResponseMessage response = await SendAsync(request, watch).ConfigureAwait(false);
        return await BodyAsync(response, watch).ConfigureAwait(false);
    }

    internal StallWatch Watch(CancellationToken cancellationToken) => new(Life, _transport, cancellationToken);

    internal Uri AddressOf(string pathAndQuery) => new(Member.Address, pathAndQuery);

    /// <summary>A SocketException of its own too: HttpClient lets it through when the other side resets between the connection and the first look at it.</summary>
    internal static bool IsTransport(Exception e) => e is HttpRequestException or SocketException or IOException or OperationCanceledException;

    /// <summary>An owner may be placed at a node that is gone until the cluster's membership says so; the watch knows within a request.</summary>
    private async ValueTask<StatusAnswer?> AskOwnerAsync(IFileOwners owners, CachePath path, CancellationToken cancellationToken)
    {
        using StallWatch watch = Watch(cancellationToken);
        try
        {
            return await owners.AskOwnerAsync(Name, path, watch.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or CacheException { Error: CacheError.NodeUnreachable })
        {
            throw watch.Translate(e, Name);
        }
    }

    private static string PathQuery(string route, CachePath path, bool recursive) =>
        $"{route}?path={Uri.EscapeDataString(path.Value)}&recursive={(recursive ? "true" : "false")}";

    private async Task<T> AskAsync<T>(HttpMethod method, string pathAndQuery, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var watch = new StallWatch(Life, _transport, cancellationToken);
        using HttpResponseMessage response = await SendAsync(_transport.Calls, new HttpRequestMessage(method, AddressOf(pathAndQuery)), watch).ConfigureAwait(false);
        byte[] body = await BodyAsync(response, watch).ConfigureAwait(false);
        return JsonSerializer.Deserialize(body, type)!;
    }

    private async Task TellAsync(string pathAndQuery)
    {
        using var watch = new StallWatch(Life, _transport, CancellationToken.None);
        (await SendAsync(_transport.Calls, new HttpRequestMessage(HttpMethod.Post, AddressOf(pathAndQuery)), watch).ConfigureAwait(false)).Dispose();
    }

    private async Task<byte[]> BodyAsync(HttpResponseMessage response, StallWatch watch)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(_transport.Limits.MaxMessageBytes, watch.Token).ConfigureAwait(false);
            return await response.Content.ReadAsByteArrayAsync(watch.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (IsTransport(e))
        {
            throw watch.Translate(e, Name);
        }
    }

    private async Task<string?> NextLineAsync(StreamReader lines, StallWatch watch)
    {
        try
        {
            // A line that lies in the buffer would come in spite of a cancelled token.
            watch.Token.ThrowIfCancellationRequested();
            string? line = await lines.ReadLineAsync(watch.Token).ConfigureAwait(false);
            watch.Progressed();
            return line;
        }
        catch (Exception e) when (IsTransport(e))
        {
            throw watch.Translate(e, Name);
        }
    }

    /// <summary>The node's error as it threw it. One that is about to stop counts as unreachable: others can answer.</summary>
    private async Task<CacheException> ErrorAsync(HttpResponseMessage response, StallWatch watch)
    {
        ProblemMessage? problem = null;
        byte[] body = await BodyAsync(response, watch).ConfigureAwait(false);
        try
        {
            problem = JsonSerializer.Deserialize(body, PeerJson.Default.ProblemMessage);
        }
        catch (JsonException)
        {
            // Not a node's answer; the status says enough.
        }
        return PeerErrors.TryParse(problem?.Error, out CacheError error)
            ? new CacheException(error, problem!.Detail ?? problem.Error!)
            : new CacheException(CacheError.NodeUnreachable, $"Node '{Name}' answered {(int)response.StatusCode} to {response.RequestMessage?.RequestUri?.AbsolutePath}.");
    }
}
