using System.Globalization;

namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary><paramref name="Length"/> bytes (at least one, except for the whole of an empty file) from <paramref name="Start"/> on.</summary>
internal readonly record struct ByteRange(long Start, long Length)
{
    public long Last => Start + Length - 1;

    /// <summary>Value of Content-Range for this part of <paramref name="total"/> bytes.</summary>
    public string ContentRange(long total) => string.Create(CultureInfo.InvariantCulture, $"bytes {Start}-{Last}/{total}");

    /// <summary>Value of Content-Range where no part can be given.</summary>
    public static string Unsatisfied(long total) => string.Create(CultureInfo.InvariantCulture, $"bytes */{total}");
}
