using System.Net.Http.Json;

namespace Orleans.Cache.Node.Tests.Mounting;

/// <summary>Mounts added through REST.</summary>
internal static class MountRequests
{
    /// <param name="node">Where.</param>
    /// <param name="path">Where there, with a query such as "?replace=true".</param>
    /// <param name="uri">The under storage.</param>
    /// <param name="options">"rw", "ttl=60s" and so on.</param>
    public static Task<HttpResponseMessage> PutMountAsync(this NodeProcess node, string path, string uri, params string[] options) =>
        node.Http.PutAsJsonAsync("api/v1/mounts" + path, new { uri, options });
}
