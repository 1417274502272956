namespace Orleans.Cache.Testing.Servers;

/// <summary>A request as <see cref="FaultProxy"/> sees it.</summary>
/// <param name="Method">GET, HEAD ...</param>
/// <param name="Target">Path and query.</param>
/// <param name="Number">Requests so far, this one included.</param>
public sealed record ProxiedRequest(string Method, string Target, int Number)
{
    /// <summary>The value of a header; null: it was not sent.</summary>
    public required Func<string, string?> Header { get; init; }

    /// <summary>A GET of an object, not of a listing.</summary>
    public bool IsRead => Method == "GET" && !Target.Contains("list", StringComparison.Ordinal);
}

/// <summary>What is done to one request's answer.</summary>
public sealed record Fault
{
    /// <summary>The first byte of the request's body reaches the store as another one.</summary>
    public bool ChangeSent { get; init; }

    /// <summary>Answered by the proxy itself, with this status; the store is not asked.</summary>
    public int? Status { get; init; }

    /// <summary>Error code in the body of such an answer.</summary>
    public string Code { get; init; } = "InternalError";

    /// <summary>Retry-After of such an answer, in seconds.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>Nothing is ever answered; the connection stays open.</summary>
    public bool Hang { get; init; }

    /// <summary>The connection is reset after so many bytes of the body; 0: before the head.</summary>
    public long? ResetAfter { get; init; }

    /// <summary>The connection is closed, as at a normal end, after so many bytes of the body.</summary>
    public long? CloseAfter { get; init; }

    /// <summary>After so many bytes of the body nothing comes any more; the connection stays open.</summary>
    public long? HangAfter { get; init; }

    /// <summary>The body and its Content-Length are cut by so many bytes: a whole HTTP answer that is not the whole range.</summary>
    public int CutBody { get; init; }

    /// <summary>This much is added to the total in Content-Range.</summary>
    public int WrongTotal { get; init; }

    /// <summary>Replaces the ETag's value; empty: there is none.</summary>
    public string? ETag { get; init; }

    /// <summary>206 becomes 200, and Content-Range is left out: a proxy that knows no ranges.</summary>
    public bool DropRange { get; init; }

    /// <summary>Wait between pieces of 16 KiB: a slow line.</summary>
    public TimeSpan PieceDelay { get; init; }

    /// <summary>Wait before the answer's head.</summary>
    public TimeSpan FirstByteDelay { get; init; }
}
