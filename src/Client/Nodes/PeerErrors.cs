namespace Orleans.Cache.Client.Nodes;

/// <summary>The engine's errors as problem+json names them: NotFound is "not-found".</summary>
internal static class PeerErrors
{
    private static readonly Dictionary<string, CacheError> ByCode = new(Enum.GetValues<CacheError>().ToDictionary(CodeOf))
    {
        // REST calls it as HTTP does; and what the server refuses is the request's fault, which no other node would forgive.
        ["precondition-failed"] = CacheError.ConditionFailed,
        ["bad-request"] = CacheError.InvalidArgument,
    };

    public static string CodeOf(CacheError error) =>
        string.Concat(error.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));

    public static bool TryParse(string? code, out CacheError error)
    {
        error = default;
        return code is not null && ByCode.TryGetValue(code, out error);
    }
}
