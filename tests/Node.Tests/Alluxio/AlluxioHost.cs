using System.Text.Json;
using Orleans.Cache.Gateway.Alluxio;
using Orleans.Cache.Node.Tests.Rest;

namespace Orleans.Cache.Node.Tests.Alluxio;

/// <summary>The REST host seen by a client of the dialect: names files by URL.</summary>
internal sealed class AlluxioHost : IAsyncDisposable
{
    private AlluxioHost(RestHost rest, string root)
    {
        Rest = rest;
        Root = root;
    }

    public RestHost Rest { get; }

    /// <summary>URL of the mount /data.</summary>
    public string Root { get; }

    public static async Task<AlluxioHost> StartAsync(AlluxioOptions? options = null, bool writable = true)
    {
        RestHost rest = await RestHost.StartAsync(writable: writable, alluxio: options);
        JsonElement mounts = await rest.JsonAsync("/v1/ufsInfo");
        return new AlluxioHost(rest, mounts.EnumerateObject().First(m => m.Value.GetProperty("alluxio_path").GetString() == "/data").Name);
    }

    /// <summary>The URL of a file of /data.</summary>
    public string this[string key] => Root + "/" + key;

    public async Task<byte[]> PutAsync(string key, int length, int seed = 1)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        await Rest.PutAsync(key, content);
        return content;
    }

    public async Task<byte[]> GetAsync(string target)
    {
        using HttpResponseMessage response = await Rest.GetAsync(target);
        byte[] body = await response.Content.ReadAsByteArrayAsync();
        Assert.True(response.IsSuccessStatusCode, $"{target}: {(int)response.StatusCode} {System.Text.Encoding.UTF8.GetString(body)}");
        return body;
    }

    /// <summary>Asserts an error in the dialect's form, and gives its message.</summary>
    public async Task<string> ErrorAsync(int status, HttpMethod method, string target)
    {
        using HttpResponseMessage response = await Rest.SendAsync(method, target);
        Assert.Equal(status, (int)response.StatusCode);
        return (await RestHost.ReadJsonAsync(response)).GetProperty("message").GetString()!;
    }

    public async Task<HttpResponseMessage> PostAsync(string target, byte[]? body = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, target);
        if (body is not null)
        {
            request.Content = new StreamContent(new MemoryStream(body));
            request.Content.Headers.ContentType = new("application/octet-stream");
            request.Headers.TransferEncodingChunked = true;
        }
        return await Rest.Client.SendAsync(request);
    }

    public async Task DoAsync(string target, byte[]? body = null)
    {
        using HttpResponseMessage response = await PostAsync(target, body);
        Assert.True(response.IsSuccessStatusCode, $"{target}: {await response.Content.ReadAsStringAsync()}");
    }

    public ValueTask DisposeAsync() => Rest.DisposeAsync();
}
