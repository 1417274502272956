namespace Orleans.Cache.Cli.Node;

/// <summary>Makes the addresses of a node's native interface.</summary>
internal sealed class NodeAddress
{
    public const string Variable = "OCACHE_URL";
    public const string Default = "http://127.0.0.1:28080";

    private readonly string _base;

    /// <exception cref="CommandFailedException">Not an http or https URL.</exception>
    public NodeAddress(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
            throw new CommandFailedException(ExitCode.Usage, $"'{url}' is not a node's address; give --url or {Variable} as in {Default}.");
        _base = uri.GetLeftPart(UriPartial.Authority) + uri.AbsolutePath.TrimEnd('/');
    }

    /// <summary>Of a route that takes a path of the cache, e.g. "api/v1/files".</summary>
    public Uri Of(string route, string path, string query = "") => Exactly($"{_base}/{route}/{Encode(path)}{query}");

    public Uri Of(string route) => Exactly($"{_base}/{route}");

    public override string ToString() => _base;

    /// <summary>Each component percent-encoded, so that every name comes through: spaces, '+', '%', '?' and all.</summary>
    public static string Encode(string path) =>
        string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.EscapeDataString));

    /// <summary>As it stands: the node decides about "..", not the client's idea of a tidy address.</summary>
    private static Uri Exactly(string address) => new(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
}
