namespace Orleans.Cache.Gateway.Rest.Files;

/// <summary>Entity tags in If-Match, If-None-Match and If-Range (RFC 9110, section 8.8.3). Pure.</summary>
internal static class EntityTags
{
    /// <summary>
    /// Whether a list such as <c>"a", W/"b"</c>, or <c>*</c>, names <paramref name="tag"/> (strong, with its quotes). A list that
    /// is malformed names what stands before the fault.
    /// </summary>
    /// <param name="list">The header's value.</param>
    /// <param name="tag">The current tag.</param>
    /// <param name="weakly">Weak comparison: a W/ prefix does not matter. Else weak tags never match.</param>
    public static bool Names(ReadOnlySpan<char> list, ReadOnlySpan<char> tag, bool weakly)
    {
        if (list.Trim() is "*")
            return true;
        while (TryNext(ref list, out ReadOnlySpan<char> candidate, out bool isWeak))
        {
            if ((weakly || !isWeak) && candidate.SequenceEqual(tag))
                return true;
        }
        return false;
    }

    /// <summary>The token of a list that is one strong tag and nothing else.</summary>
    public static bool TryOne(ReadOnlySpan<char> list, out string token)
    {
        bool isOne = TryNext(ref list, out ReadOnlySpan<char> tag, out bool isWeak) && !isWeak && list.Trim().IsEmpty;
        token = isOne ? tag[1..^1].ToString() : "";
        return isOne;
    }

    /// <summary>Takes the next tag off the list; tags may hold commas, so only quotes delimit them.</summary>
    private static bool TryNext(ref ReadOnlySpan<char> list, out ReadOnlySpan<char> tag, out bool isWeak)
    {
        list = list.TrimStart(" \t,");
        isWeak = list.StartsWith("W/", StringComparison.Ordinal);
        if (isWeak)
            list = list[2..];
        tag = default;
        if (!list.StartsWith('"'))
            return false;
        int end = list[1..].IndexOf('"');
        if (end < 0)
            return false;
        tag = list[..(end + 2)];
        list = list[(end + 2)..];
        return true;
    }
}
