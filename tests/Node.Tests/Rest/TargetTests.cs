using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Cache.Gateway.Rest.Targets;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Node.Tests.Rest;

public sealed class TargetTests
{
    [Theory]
    [InlineData("/a/..", true)]
    [InlineData("/a/%2E./b", true)]
    [InlineData("/%2e", true)]
    [InlineData("/a/...", false)]
    [InlineData("/a/.b", false)]
    [InlineData("/a/b%2e", false)]
    [InlineData("/a?x=/../", false)]
    [InlineData("http://h/../x", true)]
    [InlineData("http://h", false)]
    public void Dot_segments_are_seen_plain_and_encoded(string target, bool dots) => Assert.Equal(dots, RequestTarget.HasDotSegment(target));

    [Theory]
    [InlineData("/files", "/")]
    [InlineData("/files/", "/")]
    [InlineData("/files?x", "/")]
    [InlineData("/FILES/a", "/a")]
    [InlineData("http://h:1/files/a?q", "/a")]
    public void The_rest_of_the_target_is_the_path(string target, string path) => Assert.Equal(path, RequestTarget.PathOf(target, "/files").Value);

    [Theory]
    [InlineData("/filesystem/a")]
    [InlineData("/other")]
    public void Another_route_is_refused(string target) =>
        Assert.Equal(CacheError.InvalidPath, Assert.Throws<CacheException>(() => RequestTarget.PathOf(target, "/files")).Error);

    [Fact]
    public void Whatever_is_escaped_comes_back() => Prop.ForAll(Gen.Choose(1, 40).SelectMany(Names).ToArbitrary(), name =>
    {
        string escaped = string.Concat(Encoding.UTF8.GetBytes(name).Select(b => $"%{b:x2}"));
        return RequestTarget.PathOf("/files/" + escaped, "/files") == CachePath.Parse("/" + name)
            && PercentCoding.DecodeQuery(Uri.EscapeDataString(name)) == name;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void In_a_query_a_plus_is_a_space_and_in_a_path_a_plus()
    {
        Assert.Equal("a b+/\u00e9", PercentCoding.DecodeQuery("a+b%2B%2F\u00e9"));
        Assert.Equal("a+b", PercentCoding.DecodePath("a+b"));
        Assert.Equal("a+b%", PercentCoding.DecodePath("a+b%25"));
    }

    private static Gen<string> Names(int length) =>
        Gen.ListOf(Gen.Elements("a", "+", "%", " ", "\u00e9", "\U0001F426", "?", "#", "\\", "\"", "0"), length).Select(p => string.Concat(p) + "x");
}
