using FsCheck;
using FsCheck.Fluent;
using Orleans.Cache.Gateway.Rest.Files;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class PlanTests
{
    private static readonly FileHeaders File = new(
        "\"a,b\"", new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero), "Wed, 04 Mar 2026 05:06:07 GMT", "text/plain", 1000);

    [Fact]
    public void If_none_match_silences_if_modified_since_and_if_match_silences_if_unmodified_since()
    {
        Assert.Equal(200, Plan(new() { IfNoneMatch = "\"other\"", IfModifiedSince = File.LastModifiedText }).Status);
        Assert.Equal(200, Plan(new() { IfMatch = "\"a,b\"", IfUnmodifiedSince = "Wed, 04 Mar 2020 05:06:07 GMT" }).Status);
    }

    [Fact]
    public void A_failed_if_match_comes_before_everything_else()
    {
        Assert.Equal(412, Plan(new() { IfMatch = "\"x\"", IfNoneMatch = "\"a,b\"", Range = "bytes=0-0" }).Status);
        Assert.Equal(304, Plan(new() { IfNoneMatch = "\"a,b\"", Range = "bytes=5000-" }).Status);
    }

    [Theory]
    [InlineData("\"a,b\"", true)]
    [InlineData(" \"x\",,\t\"a,b\" ", true)]
    [InlineData("\"a\", \"b\"", false)]
    [InlineData("a,b", false)]
    [InlineData("\"a,b", false)]
    [InlineData("", false)]
    [InlineData("W/\"x\", \"a,b\"", true)]
    public void Tags_are_delimited_by_quotes_only(string list, bool named) => Assert.Equal(named, EntityTags.Names(list, File.ETag, weakly: false));

    [Fact]
    public void A_plan_counts_every_byte_of_a_multipart_body()
    {
        FilePlan plan = Plan(new() { Range = "bytes=0-9,20-29" });
        MultipartRanges parts = plan.Parts!;
        Assert.Equal(206, plan.Status);
        Assert.Null(plan.ContentRange(File));
        Assert.Equal(parts.HeadOf(0).Length + parts.HeadOf(1).Length + 20 + parts.Tail.Length, plan.ContentLength);
    }

    [Fact]
    public void Two_overlapping_ranges_are_given_while_they_stay_below_the_length()
    {
        Assert.Equal(2, RangeRequest.Parse("bytes=0-499,400-899", 1000, 16).Several!.Length);
        Assert.Contains("overlap", RangeRequest.Parse("bytes=0-999,0-0", 1000, 16).Refusal, StringComparison.Ordinal);
        Assert.Contains("16 ranges", RangeRequest.Parse("bytes=" + string.Join(',', Enumerable.Repeat("0-0", 17)), 1000, 16).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_ignored_refused_or_gives_ranges_inside_the_file()
    {
        Gen<char> letter = Gen.Elements("0123456789-,= bytesx".ToCharArray());
        Gen<(string Text, int Length)> cases =
            from letters in Gen.ArrayOf(letter)
            from length in Gen.Choose(0, 50)
            select ("bytes=" + new string(letters), length);
        Prop.ForAll(Arb.From(cases), c =>
        {
            RangeRequest range = RangeRequest.Parse(c.Text, c.Length, 4);
            ByteRange[] given = range.Several ?? (range.Single is { } one ? [one] : []);
            return range.IsIgnored != (range.Refusal is not null || given.Length > 0)
                && (range.Refusal is null || given.Length == 0)
                && given.Length <= 4
                && given.All(r => r.Start >= 0 && r.Length > 0 && r.Last < c.Length);
        }).QuickCheckThrowOnFailure();
    }

    private static FilePlan Plan(RequestConditions conditions) => FilePlan.For(File, conditions, isHead: false, 16);
}
