using System.Globalization;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>The options that all stores beyond this machine share.</summary>
internal static class RemoteOptions
{
    public static readonly string[] Names = ["timeout", "concurrency", "attempts", "part-size", "no-check"];

    public static readonly string[] Flags = ["no-check"];

    public static RequestLimits Limits(ConnectorOptions given)
    {
        var limits = new RequestLimits();
        return limits with
        {
            Patience = given.Text("timeout") is { } text ? Seconds(text) : limits.Patience,
            Concurrency = given.Number("concurrency", 1, 10_000, limits.Concurrency),
            Attempts = given.Number("attempts", 1, 20, limits.Attempts),
            // S3 takes parts from 5 MiB on.
            PartBytes = given.Number("part-size", 5, 64, limits.PartBytes / CacheLimits.MiB) * CacheLimits.MiB,
        };
    }

    /// <summary>URL of the store itself; null where the option is not given.</summary>
    public static Uri? Endpoint(ConnectorOptions given)
    {
        if (given.Text("endpoint") is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? endpoint) && endpoint.Scheme is "http" or "https" && endpoint.UserInfo.Length == 0 && endpoint.Query.Length == 0
            ? endpoint
            : throw ConnectorOptions.Invalid("endpoint is not a URL without user and query; write for example endpoint=https://s3.example.com.");
    }

    /// <summary>The path of a mount's URI as the prefix of keys: as it is written, but for slashes at its ends.</summary>
    public static string Prefix(string uri, string path)
    {
        string prefix = path.Trim('/');
        if (prefix.Length > 0)
        {
            foreach (Range range in prefix.AsSpan().Split('/'))
            {
                if (!UfsKey.IsName(prefix.AsSpan(range)))
                    throw ConnectorOptions.Invalid($"The prefix of '{uri}' is not a key: write names joined by single slashes, without '.' and '..'.");
            }
        }
        return prefix;
    }

    private static TimeSpan Seconds(string text) =>
        text.EndsWith('s') && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0.1 and <= 600
            ? TimeSpan.FromSeconds(seconds)
            : throw ConnectorOptions.Invalid($"timeout={text} is not a time without a byte after which a request is lost; write 0.1s to 600s, for example 10s.");
}
