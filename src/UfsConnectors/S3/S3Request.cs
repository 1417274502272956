namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>One request for an object, before it is signed. Headers without a value are left out.</summary>
/// <param name="method">GET, PUT ...</param>
/// <param name="name">The object.</param>
internal sealed class S3Request(HttpMethod method, string name)
{
    public HttpMethod Method => method;

    public string Name => name;

    /// <summary>As it is sent and signed: encoded, sorted, without the question mark.</summary>
    public string Query { get; init; } = "";

    /// <summary>Null: there is no body.</summary>
    public ReadOnlyMemory<byte>? Content { get; init; }

    /// <summary>Of the content, in small hexadecimal digits; null: it is not known.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Asks before it sends the content.</summary>
    public bool ExpectsContinue { get; init; }

    /// <summary>By names in small letters.</summary>
    public List<KeyValuePair<string, string>> Headers { get; } = [];

    public void Add(string header, string? value)
    {
        if (value is not null)
            Headers.Add(new(header, value));
    }
}
