namespace Orleans.Cache.UfsConnectors.AzureBlob;

/// <summary>
/// Closes the body of an answer. The SDK's own result does not (before its version 12.23): its content is wrapped in a stream that cannot be disposed of, and a connection whose body
/// is left early would count as busy until the garbage collector finds it.
/// </summary>
internal sealed class OpenBody : IDisposable
{
    private static readonly AsyncLocal<OpenBody?> Asked = new();

    private Stream? _body;

    /// <summary>Of the request that the async method which makes it sends next.</summary>
    public OpenBody() => Asked.Value = this;

    /// <summary>The answer's body is there.</summary>
    public static void Take(Stream body)
    {
        if (Asked.Value is { } asked)
            asked._body = body;
    }

    public void Dispose() => _body?.Dispose();
}
