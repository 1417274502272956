using System.Collections;
using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>What may be configured of the S3 endpoint, and what is refused at the start.</summary>
public sealed class S3SettingTests
{
    [Fact]
    public void Keys_are_read_from_where_they_are_and_limited_as_they_say()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "from a file\nand more\n");
            S3EndpointOptions s3 = Read(("s3-key", $"TRAINER,secret=file:{file},read=imagenet,write=scratch/trainer"), ("s3-port", "0"), ("s3-bucket", "open=/imagenet/val,public")).S3!;
            Assert.Equal("from a file", s3.Service.Keys[0].Secret);
            Assert.Equal(["imagenet", "scratch/trainer"], s3.Service.Keys[0].Read);
            Assert.Equal(["scratch/trainer"], s3.Service.Keys[0].Write);
            Assert.DoesNotContain("from a file", s3.Service.Keys[0].ToString(), StringComparison.Ordinal);
            Assert.True(s3.Service.Buckets[0].IsPublic);
            Assert.False(s3.IsOptional);
        }
        finally
        {
            File.Delete(file);
        }
        Assert.True(Read().S3!.IsOptional);
        Assert.Null(Read(("s3-port", "off")).S3);
    }

    [Theory]
    [InlineData("s3-key", "TRAINER", "where its secret is")]
    [InlineData("s3-key", "TRAINER,secret=wJalrXUtnFEMI", "never the secret itself")]
    [InlineData("s3-key", "TRAINER,secret=env:NOT_SET_ANYWHERE", "is not set")]
    [InlineData("s3-key", "TRAINER,secret=file:/nowhere/at/all", "cannot be read")]
    [InlineData("s3-key", "TRAINER,admin", "option that is not")]
    [InlineData("s3-key", ",secret=env:HOME", "begins with its id")]
    [InlineData("s3-port", "port", "not a port")]
    [InlineData("s3-listen", "host", "not an IP address")]
    [InlineData("s3-listen", "0.0.0.0", "without keys")]
    [InlineData("s3-domain", "a b", "not a host's name")]
    [InlineData("s3-region", "a b", "not a region")]
    [InlineData("s3-bucket", "a/b", "is not NAME")]
    [InlineData("s3-bucket", "a=/../b", "..")]
    [InlineData("s3-cors", "app", "not an origin")]
    public void What_is_wrong_is_said_in_one_line_without_the_secret(string setting, string value, string complaint)
    {
        string problem = Assert.Single(Assert.Throws<ConfigurationRefusedException>(() => Read((setting, value))).Problems);
        Assert.Contains(complaint, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("wJalrXUtnFEMI", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Beyond_loopback_keys_or_insecure_are_needed()
    {
        Assert.NotNull(Read(("s3-listen", "0.0.0.0"), ("s3-key", "A,secret=env:PATH")).S3);
        Assert.NotNull(Read(("s3-listen", "0.0.0.0"), ("insecure", "true")).S3);
    }

    [Fact]
    public void Settings_of_an_endpoint_that_is_off_are_refused() =>
        Assert.Contains("means nothing", Assert.Single(Assert.Throws<ConfigurationRefusedException>(() => Read(("s3-port", "off"), ("s3-region", "x"))).Problems), StringComparison.Ordinal);

    private static NodeOptions Read(params (string Setting, string Value)[] given)
    {
        Dictionary<Setting, IReadOnlyList<GivenValue>> switches = given.ToDictionary(
            g => Settings.All.Single(s => s.Name == g.Setting), g => (IReadOnlyList<GivenValue>)[new GivenValue(g.Value, "--" + g.Setting)]);
        switches[Settings.Mount] = [new GivenValue("/a=mem://x", "--mount")];
        switches[Settings.Store] = [new GivenValue("/dev/shm/ocache-settings=64MiB", "--store")];
        return NodeOptionsReader.Read(switches, new Hashtable(), "/");
    }
}
