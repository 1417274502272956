using System.Buffers.Text;
using System.Text;

namespace Orleans.Cache.Gateway.Rest.Browsing;

/// <summary>
/// Where a listing goes on, as text that fits a query unescaped: the last entry's path relative to the listed directory. It
/// names a place, not a session, so it outlives restarts and works at any node.
/// </summary>
internal static class ListToken
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Of(string relativePath) => Base64Url.EncodeToString(StrictUtf8.GetBytes(relativePath));

    /// <exception cref="CacheException">InvalidArgument: not a token of ours.</exception>
    public static string Read(string token)
    {
        try
        {
            return StrictUtf8.GetString(Base64Url.DecodeFromChars(token));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new CacheException(CacheError.InvalidArgument, $"token '{token}' is none that a listing gave; start the listing without it.");
        }
    }
}
