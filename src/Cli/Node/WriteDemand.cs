namespace Orleans.Cache.Cli.Node;

/// <summary>What must be so for a write to happen.</summary>
/// <param name="IsAbsent">Nothing may be at the path.</param>
/// <param name="Version">The version that the file must have.</param>
internal sealed record WriteDemand(bool IsAbsent = false, string? Version = null)
{
    public static readonly WriteDemand None = new();
}
