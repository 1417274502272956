using System.Text;
using Orleans.Cache.Gateway.Fuse;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Node.Tests.Fuse;

public sealed class PosixNameTests
{
    [Fact]
    public void Long_names_are_shortened_to_what_a_file_system_takes_and_stay_different()
    {
        byte[] one = PosixNames.Show(new string('ü', 200) + "1"), other = PosixNames.Show(new string('ü', 200) + "2");

        Assert.InRange(one.Length, 250, 255);
        Assert.True(PosixNames.MayBeShortened(one));
        Assert.NotEqual(one, other);
        Assert.Equal(one.Length, Encoding.UTF8.GetByteCount(new UTF8Encoding(false, true).GetString(one)));
    }

    [Fact]
    public void Ordinary_names_stay_as_they_are()
    {
        byte[] shown = PosixNames.Show("a ~b");

        Assert.Equal("a ~b"u8.ToArray(), shown);
        Assert.False(PosixNames.MayBeShortened(shown));
        Assert.True(PosixNames.TryCombine(CachePath.Parse("/d"), shown, out CachePath path));
        Assert.Equal("/d/a ~b", path.Value);
    }

    [Fact]
    public void Names_that_are_no_Unicode_name_nothing() => Assert.False(PosixNames.TryCombine(CachePath.Root, [0xFF, 0xFE], out _));

    [Theory]
    [InlineData("/mnt,uid=x", "takes a number")]
    [InlineData("/mnt,umask=9", "octal")]
    [InlineData("/mnt,bogus", "no option")]
    public void Options_that_are_wrong_are_named(string text, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<CacheException>(() => MountArguments.Parse(text, "/")).Message, StringComparison.Ordinal);

    [Fact]
    public void Options_are_read()
    {
        MountArguments how = MountArguments.Parse("cache,allow-other,root=/a,uid=1000,umask=027,deadline=9,no-passthrough", "/srv");

        Assert.Equal("/srv/cache", how.MountPoint);
        Assert.Equal((CachePath.Parse("/a"), 1000u, 23), (how.View.Root, how.View.Owner!.Value, how.View.Umask));
        Assert.Equal((true, false, 9.0), (how.Options.AllowOther, how.Options.Passthrough, how.Options.Deadline.TotalSeconds));
    }

    [Theory]
    [InlineData("/mnt,rw", true)]
    [InlineData("/mnt,rw,_netdev,ro", false)]
    [InlineData("/mnt,defaults", false)]
    public void Writing_is_asked_for_by_fstab_without_being_meant(string text, bool isWanted) => Assert.Equal(isWanted, MountArguments.Parse(text, "/").WantedWriting);
}
