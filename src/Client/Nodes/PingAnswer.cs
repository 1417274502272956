using System.Text.Json;

namespace Orleans.Cache.Client.Nodes;

/// <summary>What came of a ping: what the node says of itself, or why nothing came.</summary>
internal readonly record struct PingAnswer(PingMessage? Message, string? Failure)
{
    /// <summary>Nobody said anything, not even that nobody listens there: another ping would take as long.</summary>
    public bool IsSilence { get; private init; }

    public static async Task<PingAnswer> AskAsync(Uri address, PeerTransport transport)
    {
        using var patience = new CancellationTokenSource(transport.Limits.PingTimeout, transport.Time);
        try
        {
            using HttpResponseMessage answer = await transport.Pings.GetAsync(new Uri(address, PeerRoutes.Ping), patience.Token).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
                return new(null, $"{address} answers {(int)answer.StatusCode} to a ping; is it a node of Orleans.Cache?");
            byte[] body = await answer.Content.ReadAsByteArrayAsync(patience.Token).ConfigureAwait(false);
            return JsonSerializer.Deserialize(body, PeerJson.Default.PingMessage) is { } ping ? new(ping, null) : new(null, "an empty answer to a ping");
        }
        catch (Exception e) when (HttpNode.IsTransport(e))
        {
            return new(null, patience.IsCancellationRequested ? $"no answer to a ping for {transport.Limits.PingTimeout.TotalSeconds} s" : e.Message)
            {
                IsSilence = e is OperationCanceledException,
            };
        }
        catch (JsonException)
        {
            return new(null, $"what answers at {address} is not a node of Orleans.Cache");
        }
    }
}
