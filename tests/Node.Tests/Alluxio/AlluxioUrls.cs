using System.Security.Cryptography;
using System.Text;

namespace Orleans.Cache.Node.Tests.Alluxio;

/// <summary>URLs as the generations of the client format them: paths go in as they are, and the HTTP library quotes what no URL may hold.</summary>
internal static class AlluxioUrls
{
    public static string IdOf(string path) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)));

    public static string Info(string path) => "/v1/info?path=" + Uri.EscapeDataString(path).Replace("%20", "+", StringComparison.Ordinal);

    public static string Files(string path) => "/v1/files?path=" + Uri.EscapeDataString(path).Replace("%20", "+", StringComparison.Ordinal);

    public static string Load(string path, string operation) => $"/v1/load?path={Uri.EscapeDataString(path)}&opType={operation}&verbose=true";

    /// <summary>The oldest generation: nothing but the id.</summary>
    public static string BarePage(string path, long page, string more = "") => $"/v1/file/{IdOf(path)}/page/{page}{more}";

    public static string Page(string path, long page) => $"/v1/file/{IdOf(path)}/page/{page}?ufsFullPath={Quote(path)}";

    public static string PagePart(string path, long page, long offset, long length) =>
        $"/v1/file/{IdOf(path)}/page/{page}?offset={offset}&length={length}&ufsFullPath={Quote(path)}";

    public static string Range(string path, long offset, long length) =>
        $"/v1/range/{IdOf(path)}?ufsFullPath={Quote(path)}&offset={offset}&length={length}";

    /// <summary>chunk, mkdir, touch, rm, head and tail.</summary>
    public static string Of(string what, string path, string more = "") => $"/v1/{what}/{IdOf(path)}?ufsFullPath={Quote(path)}{more}";

    /// <summary>mv and copy.</summary>
    public static string FromTo(string what, string from, string to, string more = "") =>
        $"/v1/{what}/{IdOf(from)}?srcPath={Quote(from)}&dstPath={Quote(to)}{more}";

    /// <summary>requests' requote_uri: undoes escapes of unreserved characters, keeps other escapes, quotes what is no URL character.</summary>
    public static string Quote(string path)
    {
        bool hasOnlyEscapes = true;
        for (int i = path.IndexOf('%'); i >= 0; i = path.IndexOf('%', i + 1))
            hasOnlyEscapes &= i + 2 < path.Length && char.IsAsciiHexDigit(path[i + 1]) && char.IsAsciiHexDigit(path[i + 2]);
        var quoted = new StringBuilder();
        foreach (byte b in Encoding.UTF8.GetBytes(path))
        {
            bool isSafe = char.IsAsciiLetterOrDigit((char)b) || "!#$&'()*+,/:;=?@[]~-._".Contains((char)b) || (b == '%' && hasOnlyEscapes);
            quoted.Append(isSafe ? ((char)b).ToString() : $"%{b:X2}");
        }
        for (char c = '!'; c <= '~'; c++)
        {
            if (char.IsAsciiLetterOrDigit(c) || "-._~".Contains(c))
                quoted.Replace($"%{(int)c:X2}", c.ToString());
        }
        return quoted.ToString();
    }
}
