using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Orleans.Cache.Client.Connecting;
using Orleans.Cache.Client.Nodes;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Mounts;
using Orleans.Cache.Pages;
using Orleans.Cache.Ring;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Client.Writing;

/// <summary>
/// Changes the namespace, and what is cached of it, through the REST API of a node, which tells the others. The node is the path's owner, or whoever can be
/// connected to. Once a request was sent, nobody else is asked: whether it was carried out is not known, and doing it twice could undo what
/// somebody else did in between.
/// </summary>
internal sealed class RestWrites(ClusterConnection cluster)
{
    private const string Files = "/api/v1/files";
    private const string MakeDirectory = "/api/v1/mkdir";
    private const string Move = "/api/v1/move";
    private const string Free = "/api/v1/free";

    /// <summary>How REST names the kind of a status.</summary>
    private const string FileType = "file";

    public async Task<FileStatus> CreateAsync(CachePath path, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        var borrowed = new BorrowedStream(content);
        byte[] body = [];
        try
        {
            body = await SendAsync(path, HttpMethod.Put, FilesRoute(path), borrowed, condition, cancellationToken).ConfigureAwait(false);
        }
        catch (CacheException) when (borrowed.Failure is { } failure)
        {
            // The caller's own failure; the node saw a body that broke off, and wrote nothing.
            ExceptionDispatchInfo.Throw(failure);
        }
        return StatusOf(body, path);
    }

    public Task CreateDirectoryAsync(CachePath path, CancellationToken cancellationToken) =>
        SendAsync(path, HttpMethod.Post, $"{MakeDirectory}?path={Uri.EscapeDataString(path.Value)}", cancellationToken);

    public Task DeleteAsync(CachePath path, bool recursive, CancellationToken cancellationToken) =>
        SendAsync(path, HttpMethod.Delete, FilesRoute(path) + (recursive ? "?recursive=true" : ""), cancellationToken);

    public Task MoveAsync(CachePath from, CachePath to, CancellationToken cancellationToken) =>
        SendAsync(from, HttpMethod.Post, $"{Move}?from={Uri.EscapeDataString(from.Value)}&to={Uri.EscapeDataString(to.Value)}", cancellationToken);

    /// <summary>Of all nodes, as a node knows them now: this client may not have heard yet of one that has just joined.</summary>
    /// <exception cref="CacheException">NodeUnreachable: one could not be told, all others were. NotFound, IsDirectory.</exception>
    public async Task<DroppedPages> FreeAsync(CachePath path, bool recursive, CancellationToken cancellationToken)
    {
        string route = $"{Free}?path={Uri.EscapeDataString(path.Value)}&recursive={(recursive ? "true" : "false")}";
        byte[] body = await SendAsync(path, HttpMethod.Post, route, null, WriteCondition.None, cancellationToken, isRepeatable: true).ConfigureAwait(false);
        FreedMessage freed = JsonSerializer.Deserialize(body, WriteJson.Default.FreedMessage)!;
        return new DroppedPages(freed.FreedFiles, freed.FreedPages, freed.FreedBytes);
    }

    private Task<byte[]> SendAsync(CachePath path, HttpMethod method, string route, CancellationToken cancellationToken) =>
        SendAsync(path, method, route, null, WriteCondition.None, cancellationToken);

    private async Task<byte[]> SendAsync(
        CachePath path, HttpMethod method, string route, BorrowedStream? content, WriteCondition condition, CancellationToken cancellationToken, bool isRepeatable = false)
    {
        CacheException? last = null;
        for (int round = 1; ; round++)
        {
            foreach (HttpNode node in cluster.View.Nodes.Owners(KeyOf(path)).OfType<HttpNode>())
            {
                // A request cannot be sent twice, a message neither.
                using HttpRequestMessage request = Request(method, node.AddressOf(route), content, condition);
                try
                {
                    return await node.ChangeAsync(request, cancellationToken).ConfigureAwait(false);
                }
                catch (CacheException e) when (e.Error == CacheError.NodeUnreachable && !(isRepeatable && IsOfAnother(e)))
                {
                    cluster.NodeFailed(node);
                    last = e;
                    if (!isRepeatable && MayHaveBeenCarriedOut(request, content, e))
                        throw new CacheException(CacheError.NodeUnreachable, $"{e.Message} Whether '{path}' was changed is not known; look before you try again.", e);
                }
            }
            if (round == 2 || !await cluster.AnyNodeAnswersAsync(tried: 1, cancellationToken).ConfigureAwait(false))
                throw isRepeatable && last is not null ? last : Cluster.RoutedNode.NoneLeft();
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, Uri address, BorrowedStream? content, WriteCondition condition)
    {
        var request = new HttpRequestMessage(method, address);
        if (content is null)
        {
            // A body, if an empty one: HttpClient sends a request without any again, unasked, when its connection ends before the answer.
            request.Content = new EmptyBody();
            return request;
        }
        request.Content = new StreamContent(content);
        // A write that is refused is refused before its content is sent.
        request.Headers.ExpectContinue = true;
        Demand(request.Headers, condition);
        return request;
    }

    /// <summary>
    /// A request without content is whole when its body was asked for, which comes after the connection, so one that was given up while it
    /// connected was not carried out. The headers of one with content go ahead, and are all there is of an empty file; of any other the node lacks bytes,
    /// or the last chunk, as long as nobody asked for the content. So a connection that its node had closed just before costs nothing but the way to the next.
    /// </summary>
    private static bool MayHaveBeenCarriedOut(HttpRequestMessage request, BorrowedStream? content, CacheException failure) =>
        request.Content is EmptyBody body ? body.IsBegun : content is { IsBegun: true } || (content is null or { IsEmpty: true } && !WasNotConnected(failure));

    /// <summary>The node has answered: it could not reach another. To ask a third would give the same again; what failed on the way to the node itself has a cause.</summary>
    private static bool IsOfAnother(CacheException failure) => failure.InnerException is null;

    private static bool WasNotConnected(CacheException failure) => failure.InnerException is SocketException or HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
    };

    private RingKey KeyOf(CachePath path) =>
        cluster.View.Mounts.TryResolve(path, out MountedKey at) ? RingKey.OfFile(at.Mount.Storage.Identity, at.Key) : default;

    private FileStatus StatusOf(byte[] body, CachePath path)
    {
        WrittenMessage written = JsonSerializer.Deserialize(body, WriteJson.Default.WrittenMessage)!;
        ClusterView view = cluster.View;
        if (written.Type != FileType || written.Version is null || !view.Mounts.TryResolve(path, out MountedKey at))
            throw new CacheException(CacheError.NotSupported, $"'{path}' was written, but its node did not say which version; ask for the status.");
        var file = new FileRef(at.Mount.Storage.Identity, at.Key, new FileVersion(written.Version), written.Length ?? 0, view.Description.PageSize);
        return new FileStatus(path, written.LastModified, file);
    }

    private static void Demand(HttpRequestHeaders headers, WriteCondition condition)
    {
        if (condition == WriteCondition.IfAbsent)
            headers.TryAddWithoutValidation("If-None-Match", "*");
        else if (condition == WriteCondition.IfPresent)
            headers.TryAddWithoutValidation("If-Match", "*");
        else if (condition.DemandedVersion is { } version)
            headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
    }

    private static string FilesRoute(CachePath path) => Files + string.Join('/', path.Value.Split('/').Select(Uri.EscapeDataString));
}
