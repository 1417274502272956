using Azure.Storage.Blobs;
using Orleans.Cache.UfsConnectors.ObjectStores;

namespace Orleans.Cache.UfsConnectors.AzureBlob;

/// <summary>A container and how to speak to it. Holds secrets: never printed.</summary>
internal sealed class AzureOptions
{
    public static readonly string[] Names =
        ["account", "endpoint", "key", "sas", "connection-string", "client-id", "anonymous", .. RemoteOptions.Names];

    public static readonly string[] Flags = ["anonymous", .. RemoteOptions.Flags];

    private AzureOptions(string container, string? host, string prefix, ConnectorOptions given)
    {
        Container = container;
        Prefix = prefix;
        Account = given.Text("account") ?? host?.Split('.')[0] ?? "";
        Key = SecretReference.Read(given, "key");
        Sas = SecretReference.Read(given, "sas")?.TrimStart('?');
        ConnectionString = SecretReference.Read(given, "connection-string");
        ClientId = given.Text("client-id");
        Anonymous = given.Flag("anonymous");
        if (new[] { Key is not null, Sas is not null, ConnectionString is not null, ClientId is not null, Anonymous }.Count(way => way) > 1)
            throw ConnectorOptions.Invalid("key, sas, connection-string, client-id and anonymous are ways to say who asks; give one of them.");
        Service = ServiceOf(host, given);
        if (Service.Scheme == "http" && Key is null && Sas is null && ConnectionString is null && !Anonymous)
            throw ConnectorOptions.Invalid("Credentials that Azure.Identity finds are sent over https only, and endpoint is http; give key, sas or anonymous, or an endpoint of https.");
        // Azurite and other addresses without the account's name have it as the first part of the path.
        if (Account.Length == 0)
            Account = Service.AbsolutePath.Trim('/') is { Length: > 0 } path ? path : Service.Host.Split('.')[0];
    }

    public string Container { get; }

    /// <summary>Without slashes at its ends.</summary>
    public string Prefix { get; }

    public string Account { get; }

    /// <summary>URL of the account's blob service, without a slash at its end.</summary>
    public Uri Service { get; }

    public string? Key { get; }

    /// <summary>Without a question mark.</summary>
    public string? Sas { get; }

    public string? ConnectionString { get; }

    /// <summary>Of a managed identity.</summary>
    public string? ClientId { get; }

    public bool Anonymous { get; }

    /// <summary>Identity of the container: what <see cref="Parse"/> reads, unless the service has an address of its own.</summary>
    public string Uri => Service is { Scheme: "https", AbsolutePath: "/" }
        ? $"wasbs://{Container}@{Service.Authority}"
        : $"az+{Service.Scheme}://{Service.Authority}{Service.AbsolutePath.TrimEnd('/')}/{Container}";

    /// <summary>
    /// Reads <c>az://container/prefix</c> (the account is an option), and Hadoop's spellings
    /// <c>abfs[s]://container@account.dfs.core.windows.net/prefix</c> and <c>wasb[s]://container@account.blob.core.windows.net/prefix</c>.
    /// </summary>
    /// <exception cref="CacheException">InvalidArgument.</exception>
    public static AzureOptions Parse(string uri, ConnectorOptions given)
    {
        int scheme = uri.IndexOf("://", StringComparison.Ordinal);
        string rest = uri[(scheme + 3)..];
        int slash = rest.IndexOf('/');
        string authority = slash < 0 ? rest : rest[..slash];
        string prefix = RemoteOptions.Prefix(uri, slash < 0 ? "" : rest[slash..]);
        int at = authority.IndexOf('@');
        if (at < 0 && !uri.StartsWith("az", StringComparison.OrdinalIgnoreCase))
            throw ConnectorOptions.Invalid($"'{uri}' names no account; write {uri[..scheme]}://container@account.{(uri[0] is 'a' or 'A' ? "dfs" : "blob")}.core.windows.net/prefix.");
        string container = at < 0 ? authority : authority[..at];
        if (container.Length == 0 || container.AsSpan().ContainsAny("?#@: "))
            throw ConnectorOptions.Invalid($"'{uri}' names no container; write az://container/prefix, and credentials as key=env:VARIABLE.");
        return new AzureOptions(container, at < 0 ? null : authority[(at + 1)..], prefix, given);
    }

    private Uri ServiceOf(string? host, ConnectorOptions given)
    {
        if (RemoteOptions.Endpoint(given) is { } endpoint)
            return endpoint;
        if (ConnectionString is not null)
        {
            try
            {
                return new BlobServiceClient(ConnectionString).Uri;
            }
            catch (FormatException)
            {
                throw ConnectorOptions.Invalid("connection-string: what stands there is not a connection string of a storage account.");
            }
        }
        // Of other clouds, and where an account has an address of its own, the URI says all of it; the file system that Azure has beside its blobs is at another name.
        string address = host?.Contains('.') == true ? host.Replace(".dfs.", ".blob.", StringComparison.OrdinalIgnoreCase)
            : Account.All(char.IsAsciiLetterOrDigit) ? $"{Account}.blob.core.windows.net" : "";
        return Account.Length > 0 && System.Uri.TryCreate($"https://{address}", UriKind.Absolute, out Uri? service)
            && service is { UserInfo.Length: 0, PathAndQuery: "/", Fragment.Length: 0 }
            ? service
            : throw ConnectorOptions.Invalid("Which storage account? Give account=NAME, endpoint=URL or connection-string=env:VARIABLE.");
    }
}
