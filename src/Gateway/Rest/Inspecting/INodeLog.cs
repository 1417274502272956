namespace Orleans.Cache.Gateway.Rest.Inspecting;

/// <summary>The end of the node's own log. Registered by whoever keeps it.</summary>
public interface INodeLog
{
    /// <summary>The last lines, at most so many, the latest last.</summary>
    IReadOnlyList<string> Last(int lines);
}

/// <summary>A host that keeps no log.</summary>
internal sealed class NoLog : INodeLog
{
    public IReadOnlyList<string> Last(int lines) => [];
}
