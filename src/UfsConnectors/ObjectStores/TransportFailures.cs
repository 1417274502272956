using System.Globalization;
using System.Net.Sockets;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>What every SDK lets through of the connection beneath it, as what it means.</summary>
internal static class TransportFailures
{
    /// <summary>Whether no answer came, or one that nobody can read.</summary>
    /// <remarks>A SocketException of its own: HttpClient lets it through when the other side resets between the connection and the first look at it.</remarks>
    public static bool Is(Exception e) =>
        e is HttpRequestException or SocketException or IOException or InvalidOperationException or FormatException or System.Xml.XmlException;

    public static StoreException Translate(Exception e) => new(StoreFailure.Broken, Reason(e), e);

    /// <summary>The first line of the innermost reason: "connection refused" says more than "an error occurred while sending the request".</summary>
    public static string Reason(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return e.Message.Split('\n')[0].TrimEnd('.', '\r');
    }

    /// <summary>A Retry-After in seconds, as object stores send it; null: none, or none that can be read.</summary>
    public static TimeSpan? RetryAfter(string? seconds) =>
        int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out int wait) ? TimeSpan.FromSeconds(wait) : null;
}
