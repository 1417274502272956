namespace Orleans.Cache.UfsConnectors.Tests;

/// <summary>Tests that measure this process, in which nothing else may run meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "Measured alone";
}
