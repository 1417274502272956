using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Core.Tests.Identity;

public sealed class CachePathTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("///", "/")]
    [InlineData("a", "/a")]
    [InlineData("/a/b/", "/a/b")]
    [InlineData("//a///b//", "/a/b")]
    [InlineData("/a b/+%2F/é/日本/\U0001F600", "/a b/+%2F/é/日本/\U0001F600")]
    [InlineData("/.../..a/a../.a", "/.../..a/a../.a")]
    [InlineData("/a\\..\\b", "/a\\..\\b")]
    [InlineData(" ", "/ ")]
    [InlineData("/a\nb", "/a\nb")]
    public void Text_is_normalised(string text, string expected) => Assert.Equal(expected, CachePath.Parse(text).Value);

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("..")]
    [InlineData("/..")]
    [InlineData("../")]
    [InlineData("/a/../b")]
    [InlineData("/a/..")]
    [InlineData("//..//")]
    [InlineData(".")]
    [InlineData("/./a")]
    [InlineData("/a/.")]
    [InlineData("/a\0b")]
    public void Hostile_text_is_refused_with_a_reason(string? text)
    {
        Assert.False(CachePath.TryParse(text, out CachePath path, out string? error));
        Assert.True(path.IsRoot);
        Assert.NotEmpty(error);
    }

    /// <summary>Not as InlineData: attributes are stored as UTF-8 and would lose what this is about.</summary>
    [Fact]
    public void Halves_of_surrogate_pairs_are_refused()
    {
        foreach (string text in new[] { "/\ud800", "/\udc00a", "/\udc00\ud800", "/a\ud83d/\ude00" })
            Hostile_text_is_refused_with_a_reason(text);
    }

    [Fact]
    public void Parse_throws_what_front_ends_can_translate()
    {
        CacheException refused = Assert.Throws<CacheException>(() => CachePath.Parse("/a/../b"));
        Assert.Equal(CacheError.InvalidPath, refused.Error);
        Assert.Contains("'/a/../b'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_longest_path_is_as_long_as_Linux_takes_it_in_bytes()
    {
        Assert.True(CachePath.TryParse('/' + new string('a', 4095), out _, out _));
        Assert.False(CachePath.TryParse('/' + new string('a', 4096), out _, out _));
        // The slash that parsing adds counts.
        Assert.True(CachePath.TryParse(new string('a', 4095), out _, out _));
        Assert.False(CachePath.TryParse(new string('a', 4096), out _, out _));
        Assert.True(CachePath.TryParse("/a" + new string('é', 2047), out _, out _));
        Assert.False(CachePath.TryParse("/aa" + new string('é', 2047), out _, out _));
        Assert.False(CachePath.TryParse(new string('/', 1_000_000), out _, out _));
    }

    [Fact]
    public void The_default_value_is_the_root_in_every_respect()
    {
        CachePath path = default;
        Assert.Equal(CachePath.Root, path);
        Assert.Equal(CachePath.Root.GetHashCode(), path.GetHashCode());
        Assert.Equal(("/", "", true), (path.Value, path.Name, path.IsRoot));
        Assert.Equal(CachePath.Root, path.Parent);
    }

    [Theory]
    [InlineData("/a/b/c", "/a/b", true, "c")]
    [InlineData("/a/b/c/d", "/a/b", true, "c/d")]
    [InlineData("/a/b", "/a/b", true, "")]
    [InlineData("/a/bc", "/a/b", false, null)]
    [InlineData("/a", "/a/b", false, null)]
    [InlineData("/A/b", "/a", false, null)]
    [InlineData("/a/b", "/", true, "a/b")]
    [InlineData("/", "/", true, "")]
    public void Containment_goes_by_whole_components(string path, string ancestor, bool within, string? relative)
    {
        CachePath inner = CachePath.Parse(path);
        CachePath outer = CachePath.Parse(ancestor);
        Assert.Equal(within, inner.IsWithin(outer));
        if (within)
        {
            Assert.Equal(relative, inner.RelativeTo(outer));
            Assert.Equal(inner, outer.Combine(relative!));
        }
    }

    [Fact]
    public void Combining_cannot_leave_the_path()
    {
        CachePath path = CachePath.Parse("/a/b");
        Assert.Equal("/a/b/c/d", path.Combine("/c//d/").Value);
        Assert.Equal("/x", CachePath.Root.Combine("x").Value);
        Assert.Throws<CacheException>(() => path.Combine("../c"));
        Assert.Throws<CacheException>(() => path.Combine("c/../../.."));
        Assert.Throws<CacheException>(() => path.Combine(".."));
    }

    [Fact]
    public void Any_text_is_refused_or_becomes_a_normalised_path() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(5000),
        Prop.ForAll(HostileText(), text =>
        {
            if (!CachePath.TryParse(text, out CachePath path, out string? error))
            {
                Assert.False(string.IsNullOrEmpty(error));
                return;
            }
            AssertNormalised(path);
            Assert.Equal(path, CachePath.Parse(path.Value));
            Assert.True(path.IsWithin(path.Parent));
            Assert.Equal(path, path.Parent.Combine(path.Name));
            AssertNormalised(path.Parent);
        }));

    private static void AssertNormalised(CachePath path)
    {
        Assert.StartsWith("/", path.Value, StringComparison.Ordinal);
        Assert.InRange(new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(path.Value), 1, CachePath.MaxBytes);
        Assert.DoesNotContain('\0', path.Value);
        if (!path.IsRoot)
            Assert.All(path.Value[1..].Split('/'), component => Assert.False(component is "" or "." or ".."));
    }

    /// <summary>Strings of the pieces that parsers stumble over, mixed with arbitrary characters.</summary>
    private static Arbitrary<string> HostileText()
    {
        Gen<string> piece = Gen.OneOf(
            Gen.Elements("/", "//", "..", ".", "a", "b c", "\\", "%2e%2e", "%00", "é", "\U0001F600", "\ud83d", "\ude00", "\0", "\u202e", "\uff0e"),
            ArbMap.Default.GeneratorFor<char>().Select(c => c.ToString()));
        return piece.ListOf().Select(string.Concat).ToArbitrary();
    }
}
