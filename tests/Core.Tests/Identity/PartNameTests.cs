using FsCheck;
using FsCheck.Fluent;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Core.Tests.Identity;

public sealed class PartNameTests
{
    private static readonly string[] Letters = ["a", "/", ".", "-", "\u0001", "\u0002", "0"];

    private static readonly Arbitrary<(string, string)> Pairs =
        (from a in Gen.Elements(Letters).ArrayOf() from b in Gen.Elements(Letters).ArrayOf() select (string.Concat(a), string.Concat(b))).ToArbitrary();

    [Fact]
    public void Every_name_has_one_path_and_comes_back_from_it() => Prop.ForAll(Pairs, pair =>
    {
        (string name, string other) = pair;
        string path = PartName.ToPaths(name);
        Assert.Equal(name, PartName.OfPaths(path));
        Assert.True(PartName.IsCanonical(path));
        Assert.Equal(name == other, path == PartName.ToPaths(other));
        Assert.DoesNotContain(path.Split('/'), part => part is "" or "." or "..");
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact]
    public void Parts_keep_their_order() => Prop.ForAll(Pairs, pair =>
    {
        (string part, string other) = (pair.Item1.Replace("/", "", StringComparison.Ordinal), pair.Item2.Replace("/", "", StringComparison.Ordinal));
        Assert.Equal(Math.Sign(string.CompareOrdinal(part, other)), Math.Sign(string.CompareOrdinal(PartName.ToPath(part), PartName.ToPath(other))));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Theory]
    [InlineData("a\u0001")]
    [InlineData("d\u0001/f")]
    [InlineData("...\u0001")]
    public void A_mark_that_no_part_needs_stands_for_nothing(string path) => Assert.False(PartName.IsCanonical(path));
}
