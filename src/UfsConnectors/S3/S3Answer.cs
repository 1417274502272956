using System.Globalization;
using System.Net.Http.Headers;
using Orleans.Cache.Identity;
using Orleans.Cache.UfsConnectors.ObjectStores;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>What the headers of an answer say of an object. Taken as they came: what HTTP would have them mean is not what S3 keeps in them.</summary>
internal static class S3Answer
{
    /// <summary>As it was sent; null: there is none.</summary>
    public static string? TagOf(HttpResponseMessage answer) => Header(answer.Headers, "ETag");

    /// <summary>The object that an answer is about.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="length">Of the whole object: the answer's own, or what <see cref="ObjectBody.ObjectLength"/> says.</param>
    /// <param name="answer">To a HEAD, or to a GET of any range.</param>
    /// <exception cref="StoreException">Broken: it does not say all of it.</exception>
    public static ObjectStatus StatusOf(string name, long? length, HttpResponseMessage answer) =>
        new(name, length ?? throw Without("the object's length"), TimeOf(answer), ObjectVersions.Of(TagOf(answer))) { Attributes = S3Attributes.Of(answer) };

    /// <summary>Owns the answer from now on.</summary>
    /// <param name="answer">To a GET.</param>
    /// <param name="described">The object's name, where its status is wanted too.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ObjectBody> BodyOfAsync(HttpResponseMessage answer, string? described, CancellationToken cancellationToken)
    {
        try
        {
            Stream stream = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            long length = answer.Content.Headers.ContentLength ?? -1;
            string? range = Header(answer.Content.Headers, "Content-Range");
            bool isRange = ObjectBody.TryParseContentRange(range, out long first, out long last, out long total);
            // An answer without a range is the whole object; if that is what was asked for, it is right.
            long? objectLength = isRange ? total : range is null && length >= 0 ? length : null;
            FileVersion? version = TagOf(answer) is { Length: > 2 } tag ? ObjectVersions.Of(tag) : null;
            return new ObjectBody(stream, answer)
            {
                Version = version,
                Offset = isRange ? first : 0,
                Length = isRange && length != last - first + 1 ? -1 : length,
                ObjectLength = objectLength,
                Status = described is not null && version is { } known && objectLength is { } all
                    ? new ObjectStatus(described, all, TimeOf(answer), known) { Attributes = S3Attributes.Of(answer) }
                    : null,
            };
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    public static string? Header(HttpHeaders headers, string name) => headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;

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
