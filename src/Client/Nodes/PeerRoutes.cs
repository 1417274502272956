namespace Orleans.Cache.Client.Nodes;

/// <summary>
/// Where nodes serve each other and ring-aware clients. What comes here is served where it lands: no node forwards it again.
/// </summary>
internal static class PeerRoutes
{
    /// <summary>GET with a <see cref="FileRefQuery"/> and Range: bytes of one version. With cached=only: 404 unless the store has all of them.</summary>
    public const string Data = "/api/v1/peer/data";

    /// <summary>GET ?path=: <see cref="StatusAnswerMessage"/>. With described: also what is kept beside the bytes; with firstPage: see <see cref="Metadata.StatusWish.FirstPage"/>.</summary>
    public const string Status = "/api/v1/peer/status";

    public const string DescribedName = "described";

    public const string Described = "&" + DescribedName + "=true";

    public const string FirstPageName = "firstPage";

    public const string FirstPage = "&" + FirstPageName + "=true";

    /// <summary>GET ?path=&amp;startAfter=: a <see cref="StatusMessage"/> a line.</summary>
    public const string List = "/api/v1/peer/list";

    /// <summary>GET with a <see cref="FileRefQuery"/>: <see cref="CachedMessage"/>.</summary>
    public const string Cached = "/api/v1/peer/cached";

    /// <summary>POST with a <see cref="FileRefQuery"/>, offset and bytes: <see cref="Filling.LoadedPages"/>.</summary>
    public const string Load = "/api/v1/peer/load";

    /// <summary>GET with a <see cref="FileRefQuery"/> and maxRuns: <see cref="Pages.PageMap"/>.</summary>
    public const string Pages = "/api/v1/peer/pages";

    /// <summary>GET ?path=: <see cref="RecalledMessage"/>.</summary>
    public const string Recall = "/api/v1/peer/recall";

    /// <summary>GET ?path=&amp;recursive=: <see cref="DroppedMessage"/>, what a free would drop.</summary>
    public const string Count = "/api/v1/peer/count";

    /// <summary>POST ?path=&amp;recursive=: <see cref="DroppedMessage"/>.</summary>
    public const string Free = "/api/v1/peer/free";

    /// <summary>POST ?path=&amp;recursive=.</summary>
    public const string Invalidate = "/api/v1/peer/invalidate";

    /// <summary>POST with a <see cref="FileRefQuery"/>.</summary>
    public const string Drop = "/api/v1/peer/drop";

    /// <summary>GET with an id behind it: <see cref="PathOfIdMessage"/>, of Alluxio's dialect.</summary>
    public const string PathOfId = "/v1/path/";

    /// <summary>GET: <see cref="PingMessage"/>, at once or not at all.</summary>
    public const string Ping = "/api/v1/peer/ping";

    /// <summary>GET: <see cref="Cluster.ClusterDescription"/>.</summary>
    public const string Cluster = "/api/v1/cluster";

    /// <summary>In answers: fingerprint of the ring that the node routes by, so that a client notices that its own is out of date.</summary>
    public const string RingHeader = "Ocache-Ring";
}
