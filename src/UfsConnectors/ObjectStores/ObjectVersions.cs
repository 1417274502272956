using Orleans.Cache.Identity;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>Entity tags as versions: without quotes.</summary>
internal static class ObjectVersions
{
    /// <exception cref="StoreException">Broken: no tag, or one that could not be sent back.</exception>
    public static FileVersion Of(string? tag)
    {
        ReadOnlySpan<char> token = tag.AsSpan().Trim();
        if (token.Length >= 2 && token[0] == '"' && token[^1] == '"')
            token = token[1..^1];
        if (token.Length == 0 || token.ContainsAnyExceptInRange('\x21', '\x7E') || token.Contains('"'))
            throw new StoreException(StoreFailure.Broken, $"an answer without a usable ETag ({(tag is null ? "none" : tag)})");
        return new FileVersion(token.ToString());
    }
}

/// <summary>The order of names by their UTF-8 bytes, which is that of their code points.</summary>
internal static class Utf8Order
{
    public static int Compare(string left, string right)
    {
        int i = 0, common = Math.Min(left.Length, right.Length);
        while (i < common && left[i] == right[i])
            i++;
        if (i == common)
            return left.Length.CompareTo(right.Length);
        // Surrogates stand for code points behind U+FFFF, but their values lie before U+E000.
        char a = left[i], b = right[i];
        bool aPair = char.IsSurrogate(a), bPair = char.IsSurrogate(b);
        return aPair == bPair ? a.CompareTo(b) : aPair ? (b >= 0xE000 ? 1 : a.CompareTo(b)) : (a >= 0xE000 ? -1 : a.CompareTo(b));
    }
}
