using Orleans.Cache.Mounts;

namespace Orleans.Cache.Core.Tests.Mounts;

public sealed class FreshnessValueTests
{
    [Fact]
    public void What_exists_and_what_does_not_are_believed_as_the_mode_says()
    {
        TimeSpan minute = TimeSpan.FromSeconds(60);
        Assert.Equal((TimeSpan.MaxValue, minute), (Freshness.Immutable.BelieveFor, Freshness.Immutable.BelieveAbsenceFor));
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (Freshness.Strict.BelieveFor, Freshness.Strict.BelieveAbsenceFor));
        Assert.Equal((minute, minute), (Freshness.Default.BelieveFor, Freshness.Default.BelieveAbsenceFor));
    }

    [Fact]
    public void Modes_read_as_configuration_writes_them() => Assert.Equal(
        ["bounded(1.5s)", "immutable", "strict"],
        new[] { Freshness.Bounded(TimeSpan.FromSeconds(1.5)), Freshness.Immutable, Freshness.Strict }.Select(f => f.ToString()));
}
