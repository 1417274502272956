using System.Globalization;
using System.Net.Http.Headers;
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
    /// <param name="answer">To a GET, as it came from the connection: its body is there without waiting.</param>
    /// <param name="described">The object's name, where its status is wanted too.</param>
    /// <exception cref="StoreException">Broken: it says what cannot be.</exception>
    public static ObjectBody BodyOf(HttpResponseMessage answer, string? described) => ObjectBody.Of(
        answer,
        answer.Content.ReadAsStream(),
        TagOf(answer),
        Header(answer.Content.Headers, "Content-Range"),
        answer.Content.Headers.ContentLength ?? -1,
        described is null ? null : (version, length) => new ObjectStatus(described, length, TimeOf(answer), version) { Attributes = S3Attributes.Of(answer) });

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
