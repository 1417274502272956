using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.Rest.Targets;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>
/// A query as these clients write it. They format most paths into the URL as they are; their HTTP library then escapes what no URL
/// may hold, and undoes escapes that nobody needs. So a plus is a plus, a '%' may or may not be an escape, and a '&amp;' may belong to
/// a name. What was meant, the path's id decides.
/// </summary>
internal readonly struct AlluxioQuery(HttpRequest request)
{
    /// <summary>'&amp;'s that a name may have: more readings are not tried, each costs a hash.</summary>
    private const int MaxJoined = 8;

    private readonly string _query = request.QueryString.Value is { Length: > 1 } value ? value[1..] : "";

    /// <summary>Everything that the text of a parameter may have meant, the likeliest first; nothing where it is not there.</summary>
    public IEnumerable<string> Readings(string name)
    {
        int start = StartOf(name);
        if (start < 0)
            yield break;
        for (int at = start, joined = 0; joined <= MaxJoined; joined++)
        {
            int end = _query.IndexOf('&', at);
            string text = end < 0 ? _query[start..] : _query[start..end];
            string decoded = Decode(text);
            yield return decoded;
            if (decoded != text)
                yield return text;
            if (end < 0)
                yield break;
            at = end + 1;
        }
    }

    /// <summary>A path that no id vouches for: up to the next '&amp;'.</summary>
    public string? Path(string name)
    {
        string? text = Text(name);
        if (text is null)
            return null;
        // Escaped by a form encoder, which leaves neither ':' nor '/' and writes a space as '+'; or formatted in.
        return text.AsSpan().ContainsAny(':', '/') ? Decode(text) : PercentCoding.DecodeQuery(text);
    }

    /// <exception cref="CacheException">InvalidArgument: not a whole number.</exception>
    public long? Number(string name) => Text(name) switch
    {
        null or "" => null,
        string text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) => value,
        string text => throw new CacheException(CacheError.InvalidArgument, $"{name} '{text}' is not a whole number."),
    };

    /// <summary>As Python writes booleans, or JSON.</summary>
    /// <exception cref="CacheException">InvalidArgument.</exception>
    public bool Flag(string name) => Text(name)?.ToLowerInvariant() switch
    {
        null or "" or "false" or "none" => false,
        "true" => true,
        string other => throw new CacheException(CacheError.InvalidArgument, $"{name} '{other}' is neither 'True' nor 'False'."),
    };

    /// <summary>The raw text of a parameter; the last one where a name holds what looks like it.</summary>
    public string? Text(string name)
    {
        int start = StartOf(name, last: true);
        if (start < 0)
            return null;
        int end = _query.IndexOf('&', start);
        return end < 0 ? _query[start..] : _query[start..end];
    }

    private int StartOf(string name, bool last = false)
    {
        int found = -1;
        for (int at = 0; at >= 0 && at < _query.Length;)
        {
            ReadOnlySpan<char> rest = _query.AsSpan(at);
            if (rest.StartsWith(name, StringComparison.Ordinal) && rest.Length > name.Length && rest[name.Length] == '=')
            {
                found = at + name.Length + 1;
                if (!last)
                    return found;
            }
            int next = rest.IndexOf('&');
            at = next < 0 ? -1 : at + next + 1;
        }
        return found;
    }

    private static string Decode(string text)
    {
        try
        {
            return PercentCoding.DecodeRaw(text);
        }
        catch (CacheException)
        {
            return text; // No escapes after all.
        }
    }
}
