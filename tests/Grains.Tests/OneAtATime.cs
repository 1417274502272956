namespace Orleans.Cache.Grains.Tests;

/// <summary>Grids take a machine each.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OneAtATime
{
    public const string Name = "grids, one at a time";
}
