using System.Globalization;
using System.Text;

namespace Orleans.Cache.Node.Tests.Hostile;

/// <summary>One answer as it came over the wire; those of pipelined requests follow each other.</summary>
internal sealed record RawAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body, bool IsWhole)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>Cuts what came into answers. Anything that is no HTTP/1.1 answer fails the test.</summary>
    /// <param name="received">The bytes.</param>
    /// <param name="ofHead">The first answer is that of a HEAD and has no body.</param>
    public static IReadOnlyList<RawAnswer> ParseAll(ReadOnlySpan<byte> received, bool ofHead = false)
    {
        List<RawAnswer> answers = [];
        while (!received.IsEmpty)
        {
            int end = received.IndexOf("\r\n\r\n"u8);
            if (end < 0)
                break;
            string[] lines = Encoding.Latin1.GetString(received[..end]).Split("\r\n");
            Assert.Matches(@"^HTTP/1\.1 [1-5]\d\d ", lines[0]);
            Dictionary<string, string> headers = HeadersOf(lines);
            received = received[(end + 4)..];
            int taken;
            byte[] body = ofHead && answers.Count == 0 ? Nothing(out taken, out bool whole) : BodyOf(received, headers, out taken, out whole);
            answers.Add(new RawAnswer(int.Parse(lines[0].AsSpan(9, 3), CultureInfo.InvariantCulture), headers, body, whole));
            received = received[taken..];
        }
        return answers;
    }

    private static Dictionary<string, string> HeadersOf(string[] lines)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.AsSpan(1))
        {
            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            Assert.True(colon > 0, $"'{line}' is no header.");
            Assert.True(headers.TryAdd(line[..colon], line[(colon + 2)..]), $"'{line}' comes twice.");
        }
        return headers;
    }

    private static byte[] Nothing(out int taken, out bool whole)
    {
        taken = 0;
        whole = true;
        return [];
    }

    private static byte[] BodyOf(ReadOnlySpan<byte> received, Dictionary<string, string> headers, out int taken, out bool whole)
    {
        if (headers.ContainsKey("Transfer-Encoding"))
            return ChunksOf(received, out taken, out whole);
        long length = headers.TryGetValue("Content-Length", out string? text) ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
        taken = (int)Math.Min(length, received.Length);
        whole = taken == length;
        return received[..taken].ToArray();
    }

    private static byte[] ChunksOf(ReadOnlySpan<byte> received, out int taken, out bool whole)
    {
        using var body = new MemoryStream();
        taken = 0;
        whole = false;
        while (received[taken..].IndexOf("\r\n"u8) is var line && line > 0)
        {
            int size = int.Parse(Encoding.ASCII.GetString(received.Slice(taken, line)), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (received.Length - taken < line + 2 + size + 2)
                break;
            body.Write(received.Slice(taken + line + 2, size));
            taken += line + 2 + size + 2;
            whole = size == 0;
            if (whole)
                return body.ToArray();
        }
        taken = received.Length;
        return body.ToArray();
    }
}
