namespace Orleans.Cache.Bench.Servers;

/// <summary>A server in processes of its own: what is measured of it is its speed and its processor time.</summary>
internal interface IServerUnderTest : IAsyncDisposable
{
    string Name { get; }

    /// <summary>All processes whose processor time counts.</summary>
    IReadOnlyList<int> ProcessIds { get; }

    /// <summary>URL of a file below the served directory.</summary>
    string UrlOf(string relativePath);

    /// <summary>Headers that a request for it needs.</summary>
    IReadOnlyList<string> HeadersOf(string relativePath) => [];
}
