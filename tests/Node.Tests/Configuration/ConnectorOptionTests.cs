using System.Collections;
using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Node.Tests.Configuration;

/// <summary>Options of mounts that are their connector's.</summary>
public sealed class ConnectorOptionTests
{
    [Fact]
    public void A_mount_passes_on_what_its_connector_knows()
    {
        MountOptions mount = Mount("/imagenet=s3://bucket/train,endpoint=http://127.0.0.1:1,region=eu-west-1,ttl=60s,mode=bounded,rw,requester-pays");
        Assert.Equal(("s3://bucket/train", true), (mount.Uri, mount.IsWritable));
        Assert.Equal(
            ["endpoint=http://127.0.0.1:1", "region=eu-west-1", "requester-pays="], mount.Connector.OrderBy(o => o.Key).Select(o => $"{o.Key}={o.Value}"));
    }

    [Theory]
    [InlineData("/a=mem://x,endpoint=http://h", "'endpoint' is not an option of a mount")]
    [InlineData("/a=s3://x,account=a", "'account' is not an option of a mount")]
    [InlineData("/a=s3://x,anonymous=yes", "option 'anonymous' takes no value")]
    [InlineData("/a=s3://x,region", "option 'region' has no value")]
    [InlineData("/a=az://x,regoin=1", "'regoin' is not an option of a mount")]
    public void An_option_of_another_connector_is_none(string text, string problem) =>
        Assert.Contains(problem, Assert.Single(Assert.Throws<ConfigurationRefusedException>(() => Mount(text)).Problems), StringComparison.Ordinal);

    [Fact]
    public void A_container_before_an_at_sign_is_no_secret() =>
        Assert.Equal("abfss://box@acct.dfs.core.windows.net/a", Mount("/a=abfss://box@acct.dfs.core.windows.net/a,sas=env:SAS").SafeUri);

    [Fact]
    public void What_is_shown_of_a_reference_is_its_kind()
    {
        NodeOptions options = Read("/a=s3://b,access-key=wrongly-a-secret,secret-key=env:NAME,region=eu-west-1");
        string shown = string.Join('\n', ShownSettings.Of(options).Settings.SelectMany(s => s.Values));
        Assert.Contains("region eu-west-1", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("wrongly-a-secret", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("NAME", shown, StringComparison.Ordinal);
    }

    private static MountOptions Mount(string text) => Assert.Single(Read(text).Mounts);

    private static NodeOptions Read(string mount) => NodeOptionsReader.Read(
        new Dictionary<Setting, IReadOnlyList<GivenValue>> { [Settings.Mount] = [new GivenValue(mount, "--mount")], [Settings.Store] = [new GivenValue("/dev/shm/none=1GiB", "--store")] },
        new Hashtable(), "/");
}
