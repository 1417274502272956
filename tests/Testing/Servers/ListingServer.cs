using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Orleans.Cache.Testing.Servers;

/// <summary>
/// A bucket of as many objects as one likes, named "data/00000042", which are made up when they are listed: ListObjectsV2 by prefix, delimiter, start-after and token, and
/// nothing else. Stores that hold a million objects take minutes to fill.
/// </summary>
public sealed class ListingServer : LoopbackServer
{
    private const string Directory = "data/";

    private readonly int _count;
    private int _requests;

    /// <param name="count">Objects.</param>
    public ListingServer(int count)
    {
        _count = count;
        Start();
    }

    /// <summary>Listings that were asked for.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Name of an object within its directory.</summary>
    public static string NameOf(int index) => index.ToString("d8", CultureInfo.InvariantCulture);

    protected override async Task ServeAsync(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1, false, 4096, leaveOpen: true);
        while (await reader.ReadLineAsync(Stopping) is { Length: > 0 } first)
        {
            while (await reader.ReadLineAsync(Stopping) is { Length: > 0 })
            {
                // A request to list has no body.
            }
            byte[] body = Encoding.UTF8.GetBytes(Answer(first.Split(' ')[1]));
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {body.Length}\r\n\r\n"), Stopping);
            await client.GetStream().WriteAsync(body, Stopping);
        }
    }

    private string Answer(string target)
    {
        Interlocked.Increment(ref _requests);
        Dictionary<string, string> query = target[(target.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&')
            .Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p.Length > 1 ? Uri.UnescapeDataString(p[1]) : "");
        string prefix = query.GetValueOrDefault("prefix", ""), after = query.GetValueOrDefault("start-after", "");
        var xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>listed</Name><EncodingType>url</EncodingType>");
        int most = int.Parse(query.GetValueOrDefault("max-keys", "1000"), CultureInfo.InvariantCulture);
        if (!prefix.StartsWith(Directory, StringComparison.Ordinal))
            return xml.Append(AboveDirectory(prefix, after, isFlat: !query.ContainsKey("delimiter"))).Append("</ListBucketResult>").ToString();
        int first = query.TryGetValue("continuation-token", out string? token) ? int.Parse(token, CultureInfo.InvariantCulture) : FirstAfter(after);
        int shown = 0, next = first;
        for (; next < _count && shown < most; next++)
        {
            if (!(Directory + NameOf(next)).StartsWith(prefix, StringComparison.Ordinal))
                continue;
            xml.Append(Entry(next));
            shown++;
        }
        return xml.Append(next < _count ? $"<IsTruncated>true</IsTruncated><NextContinuationToken>{next}</NextContinuationToken>" : "<IsTruncated>false</IsTruncated>")
            .Append("</ListBucketResult>").ToString();
    }

    private static string AboveDirectory(string prefix, string after, bool isFlat) =>
        Directory.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(Directory, after) > 0
            ? isFlat ? Entry(0) : $"<CommonPrefixes><Prefix>{Directory}</Prefix></CommonPrefixes>"
            : "";

    private static string Entry(int index) =>
        $"<Contents><Key>{Directory}{NameOf(index)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;{index:x32}&quot;</ETag><Size>{index}</Size><StorageClass>STANDARD</StorageClass></Contents>";

    private static int FirstAfter(string after) =>
        after.Length > Directory.Length && int.TryParse(after.AsSpan(Directory.Length).TrimEnd('/'), CultureInfo.InvariantCulture, out int index) ? index + 1 : 0;
}
