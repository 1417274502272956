using Microsoft.AspNetCore.WebUtilities;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Gateway.S3.Errors;

namespace Orleans.Cache.Gateway.S3.Requests;

/// <summary>A query, decoded once. Names are compared as they are; the first of several values counts. Pure.</summary>
internal sealed class S3Query
{
    private readonly List<KeyValuePair<string, string>> _values;

    private S3Query(List<KeyValuePair<string, string>> values) => _values = values;

    public static S3Query Empty { get; } = new([]);

    /// <summary>All, in the order they came.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Values => _values;

    /// <param name="text">With or without its question mark.</param>
    /// <exception cref="S3Exception">InvalidURI: it does not decode.</exception>
    public static S3Query Parse(string? text)
    {
        if (string.IsNullOrEmpty(text) || text == "?")
            return Empty;
        var values = new List<KeyValuePair<string, string>>(8);
        try
        {
            foreach (QueryStringEnumerable.EncodedNameValuePair pair in new QueryStringEnumerable(text))
                values.Add(new(PercentCoding.DecodeQuery(pair.EncodedName.Span), PercentCoding.DecodeQuery(pair.EncodedValue.Span)));
        }
        catch (CacheException e)
        {
            throw new S3Error(400, "InvalidURI", e.Message).Thrown();
        }
        return new S3Query(values);
    }

    public bool HasPrefixed(string prefix)
    {
        foreach ((string name, _) in _values)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    public bool Has(string name) => IndexOf(name) >= 0;

    public string? Get(string name) => IndexOf(name) is >= 0 and var at ? _values[at].Value : null;

    /// <exception cref="S3Exception">InvalidArgument: not a number from <paramref name="min"/> to <paramref name="max"/>.</exception>
    public int? Number(string name, int min, int max)
    {
        if (Get(name) is not { Length: > 0 } text)
            return null;
        return int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
            ? value
            : throw S3Error.InvalidArgument($"{name} '{text}' is not a whole number from {min} to {max}.").Thrown();
    }

    private int IndexOf(string name)
    {
        for (int i = 0; i < _values.Count; i++)
        {
            if (_values[i].Key == name)
                return i;
        }
        return -1;
    }
}
