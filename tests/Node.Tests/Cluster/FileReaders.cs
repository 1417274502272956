using System.Net;
using System.Net.Http.Headers;
using Orleans.Cache.Client;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Node.Tests.Cluster;

/// <summary>One way to read files of a cluster.</summary>
internal interface IFileReader : IAsyncDisposable
{
    /// <summary>Reads a range; what is wrong with it, or null. An exception is a failed read.</summary>
    Task<string?> WrongAsync(Random random, string path, byte[] content, int from, int length);
}

/// <summary>Asks nodes over HTTP, one at random each time.</summary>
internal sealed class HttpFileReader(IEnumerable<NodeProcess> nodes) : IFileReader
{
    // Of its own: those of the nodes end with them.
    private readonly HttpClient[] _nodes = [.. nodes.Select(n => new HttpClient { BaseAddress = n.Rest, Timeout = Programs.Patience })];

    public async Task<string?> WrongAsync(Random random, string path, byte[] content, int from, int length)
    {
        HttpClient node = _nodes[random.Next(_nodes.Length)];
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/files" + path);
        if (length < content.Length)
            request.Headers.Range = new RangeHeaderValue(from, from + length - 1);
        using HttpResponseMessage answer = await SendAsync(node, request);
        if (answer.StatusCode != (length < content.Length ? HttpStatusCode.PartialContent : HttpStatusCode.OK))
            return $"{node.BaseAddress} {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        return body.AsSpan().SequenceEqual(content.AsSpan(from, length)) ? null : $"{node.BaseAddress} {body.Length} bytes that are not the file's";
    }

    /// <summary>Who it was that failed is worth knowing.</summary>
    private static async Task<HttpResponseMessage> SendAsync(HttpClient node, HttpRequestMessage request)
    {
        try
        {
            return await node.SendAsync(request);
        }
        catch (HttpRequestException e)
        {
            throw new HttpRequestException(e.HttpRequestError, $"{node.BaseAddress} {e.Message} {e.InnerException?.Message}", e.InnerException, e.StatusCode);
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (HttpClient node in _nodes)
            node.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Reads through one client of the SDK, as streams and as ranges.</summary>
internal sealed class SdkFileReader(CacheClient client) : IFileReader
{
    public static async Task<SdkFileReader> ConnectAsync(NodeProcess node) => new(await CacheClient.ConnectAsync(node.Rest));

    public async Task<string?> WrongAsync(Random random, string path, byte[] content, int from, int length)
    {
        byte[] body = new byte[length];
        if (random.Next(2) == 0)
        {
            await using CacheReadStream stream = await client.OpenReadAsync(path);
            stream.Position = from;
            // In pieces, as programs read: what comes after the first is read ahead.
            for (int at = 0, size = Math.Max(1, length / 4); at < length; at += size)
                await stream.ReadExactlyAsync(body.AsMemory(at, Math.Min(size, length - at)));
            if (stream.Length != content.Length)
                return $"a length of {stream.Length}";
        }
        else
        {
            FileStatus file = await client.GetStatusAsync(path);
            int read = await client.ReadAsync(file, from, body);
            if (read != length)
                return $"{read} bytes";
        }
        return body.AsSpan().SequenceEqual(content.AsSpan(from, length)) ? null : "bytes that are not the file's";
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();
}
