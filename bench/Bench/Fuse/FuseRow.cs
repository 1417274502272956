using Orleans.Cache.Bench.Fuse.Views;
using Orleans.Cache.Bench.Load;

namespace Orleans.Cache.Bench.Fuse;

/// <summary>What a row reads.</summary>
internal enum FuseInput
{
    File,
    SmallFiles,
    Names,
}

/// <summary>One job, the same on the raw files and on the mounted ones.</summary>
/// <param name="Name">Of the row.</param>
/// <param name="Input">What it reads.</param>
/// <param name="RunAsync">The job.</param>
internal sealed record FuseRow(string Name, FuseInput Input, Func<FuseView, Task<LoadResult>> RunAsync)
{
    /// <summary>The kernel has forgotten all names and inodes before; whoever serves them has not.</summary>
    public bool IsCold { get; init; }

    /// <summary>Files count, not bytes.</summary>
    public bool IsCounted { get; init; }

    /// <summary>Runs before it counts.</summary>
    public int WarmUps { get; init; } = 1;
}
