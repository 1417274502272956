namespace Orleans.Cache.Grains.Tests;

/// <summary>Says that this project is empty in a build without Orleans.</summary>
public sealed class NotRunTests
{
#if ORLEANS
    [Fact]
    public void The_build_has_Orleans() => Assert.NotNull(Type.GetType("Orleans.Cache.Grains.Silos.Grid, Orleans.Cache.Grains"));
#else
    [Fact(Skip = "The grains' tests need the Orleans runtime, whose packages do not restore here; where they do, build with -p:Orleans=true.")]
    public void The_build_has_no_Orleans()
    {
    }
#endif
}
