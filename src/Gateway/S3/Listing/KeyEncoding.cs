using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;

namespace Orleans.Cache.Gateway.S3.Listing;

/// <summary>Keys in a listing: as they are, or percent-encoded for clients that ask for that, since XML cannot hold every character.</summary>
internal delegate string KeyEncoding(string key);

internal static class KeyEncodings
{
    /// <exception cref="S3Exception">InvalidArgument: an encoding that is not known.</exception>
    public static KeyEncoding Of(S3Request request) => request.Query.Get("encoding-type") switch
    {
        null or "" => key => key,
        "url" => key => CanonicalText.Encoded(key, keepSlash: true),
        { } other => throw S3Error.InvalidArgument($"Invalid Encoding Method specified in Request: '{other}'").Thrown(),
    };
}
