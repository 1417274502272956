using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Orleans.Cache.Gateway.Rest.Targets;

/// <summary>Values of a query, decoded strictly; what is wrong is named.</summary>
internal static class QueryValues
{
    /// <summary>The value of <paramref name="name"/>; null where it is not there.</summary>
    /// <exception cref="CacheException">InvalidArgument: it is there twice. InvalidPath: it does not decode.</exception>
    public static string? Text(QueryString query, string name)
    {
        string? found = null;
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in new QueryStringEnumerable(query.Value))
        {
            if (!pair.DecodeName().Span.Equals(name, StringComparison.Ordinal))
                continue;
            if (found is not null)
                throw new CacheException(CacheError.InvalidArgument, $"'{name}' is given more than once; give it once.");
            found = PercentCoding.DecodeQuery(pair.EncodedValue.Span);
        }
        return found;
    }

    /// <exception cref="CacheException">InvalidArgument: not a whole number from 1 to <paramref name="max"/>.</exception>
    public static int Count(QueryString query, string name, int otherwise, int max)
    {
        string? text = Text(query, name);
        if (text is null)
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= 1 && value <= max
            ? value
            : throw new CacheException(CacheError.InvalidArgument, $"{name} '{text}' is not a whole number from 1 to {max}.");
    }

    /// <summary>True for "true" and for a name without a value; false for "false" and where it is not there.</summary>
    /// <exception cref="CacheException">InvalidArgument: anything else.</exception>
    public static bool Flag(QueryString query, string name) => Text(query, name) switch
    {
        null or "false" => false,
        "" or "true" => true,
        string other => throw new CacheException(CacheError.InvalidArgument, $"{name} '{other}' is neither 'true' nor 'false'."),
    };
}
