using System.Globalization;
using System.Net.Http.Headers;
using Orleans.Cache.UfsConnectors.ObjectStores;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>What the headers of an answer say of an object. Taken as they came: what HTTP would have them mean is not what S3 keeps in them.</summary>
internal static class S3Answer
{
    /// <summary>Null: there is none, or one that says nothing.</summary>
    public static string? TagOf(HttpResponseMessage answer) => Header(answer.Headers, "ETag") is { Length: > 2 } tag ? tag : null;

    /// <summary>The object that an answer to a HEAD, or to a GET of any range, is about.</summary>
    /// <exception cref="StoreException">Broken: the answer does not say all of it.</exception>
    public static ObjectStatus StatusOf(string name, HttpResponseMessage answer) =>
        new(name, LengthOf(answer) ?? throw Without("the object's length"), TimeOf(answer), ObjectVersions.Of(Header(answer.Headers, "ETag"))) { Attributes = S3Attributes.Of(answer) };

    /// <summary>Owns the answer from now on.</summary>
    public static async Task<ObjectBody> BodyOfAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            Stream stream = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            long length = answer.Content.Headers.ContentLength ?? -1;
            bool isRange = ObjectBody.TryParseContentRange(Header(answer.Content.Headers, "Content-Range"), out long first, out long last, out _);
            // An answer without a range is the whole object; if that is what was asked for, it is right.
            return new ObjectBody(stream, answer)
            {
                Version = TagOf(answer) is { } tag ? ObjectVersions.Of(tag) : null,
                Offset = isRange ? first : 0,
                Length = isRange && length != last - first + 1 ? -1 : length,
                ObjectLength = LengthOf(answer),
            };
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    public static string? Header(HttpHeaders headers, string name) => headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;

    /// <summary>Of the whole object; null: it does not say.</summary>
    private static long? LengthOf(HttpResponseMessage answer) => Header(answer.Content.Headers, "Content-Range") is { } range
        ? ObjectBody.TryParseContentRange(range, out _, out _, out long total) ? total : null
        : answer.Content.Headers.ContentLength;

    private static DateTimeOffset TimeOf(HttpResponseMessage answer)
    {
        if (Header(answer.Content.Headers, "Last-Modified") is not { } text)
            return DateTimeOffset.UnixEpoch;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : throw Without("a Last-Modified that is a time");
    }

    private static StoreException Without(string what) => new(StoreFailure.Broken, $"an answer without {what}");
}
