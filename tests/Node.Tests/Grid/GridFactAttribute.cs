namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>A test of nodes that meet in PostgreSQL; skipped where that is not installed, except in CI, which installs it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GridFactAttribute : FactAttribute
{
    public GridFactAttribute() => Skip = PostgresServer.WhyMissing;
}
