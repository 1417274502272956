using System.Collections;
using System.Net;
using Orleans.Cache.Mounts;
using Orleans.Cache.Silo.Configuration;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Configuration;

public sealed class ConfigurationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ConfigurationTests()
    {
        Directory.CreateDirectory(_directory["data"]);
        Directory.CreateDirectory(_directory["other"]);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Defaults_serve_the_working_directory_on_loopback()
    {
        NodeOptions options = Read([]);

        MountOptions mount = Assert.Single(options.Mounts);
        Assert.Equal(("/", "file://" + _directory["data"], Freshness.Default), (mount.Path.Value, mount.Uri, mount.Freshness));
        Assert.Equal(IPAddress.Loopback, options.Listen);
        Assert.Equal((28080, CacheLimits.MiB, "s3fifo"), (options.RestPort, options.PageSize, options.Eviction));
        Assert.Equal((TimeSpan.FromDays(7), TimeSpan.Zero), (options.ScrubPeriod, Read(["--scrub-period", "0"]).ScrubPeriod));
        StoreOptions store = Assert.Single(options.Stores);
        Assert.Equal(_directory["cache/orleans-cache/pages"], store.Directory);
        Assert.InRange(store.Capacity, 1, 10 * CacheLimits.GiB);
    }

    [Theory]
    [InlineData("mem://x", false, "mem://x")]
    [InlineData("mem://x/,ro", false, "mem://x")]
    [InlineData("mem://x,rw", true, "mem://x")]
    [InlineData("mem://x,mode=immutable,rw", true, "mem://x")]
    public void A_mount_takes_writes_only_where_that_is_asked_for(string text, bool isWritable, string uri)
    {
        MountOptions mount = Assert.Single(Read(["--mount", "/=" + text]).Mounts);
        Assert.Equal((isWritable, uri), (mount.IsWritable, mount.UriWithoutSlash));
    }

    [Fact]
    public void Everything_can_be_given()
    {
        NodeOptions options = Read(
        [
            "--mount", "/a=./,mode=bounded,ttl=5m,latency=50ms,bandwidth=100MB", "--mount", $"/b=file://{_directory["other"]},mode=immutable",
            "--mount=/c=mem://x,mode=strict", "--store", $"{_directory["s1"]}=10GiB", "--store", $"{_directory["s2"]}=1g", "--page-size", "256KiB",
            "--listen", "::", "--insecure", "--rest-port", "0", "--eviction", "lru", "--scrub-period", "12h", "--otlp", "http://c:4317", "--name", "n-1", "--log-level", "debug",
        ]);

        Assert.Equal(["/a", "/b", "/c"], options.Mounts.Select(m => m.Path.Value));
        Assert.Equal([Freshness.Bounded(TimeSpan.FromMinutes(5)), Freshness.Immutable, Freshness.Strict], options.Mounts.Select(m => m.Freshness));
        Assert.Equal((TimeSpan.FromMilliseconds(50), 100_000_000), (options.Mounts[0].Latency, options.Mounts[0].Bandwidth));
        Assert.Equal(TimeSpan.FromHours(12), options.ScrubPeriod);
        Assert.Equal([10 * CacheLimits.GiB, CacheLimits.GiB], options.Stores.Select(s => s.Capacity));
        Assert.Equal(("lru", "n-1", "http://c:4317/"), (options.Eviction, options.Name, options.Otlp!.ToString()));
    }

    [Theory]
    [InlineData("--rest-prot is not a switch. Did you mean '--rest-port'?", "--rest-prot", "1")]
    [InlineData("--frobnicate is not a switch. Known switches: --mount", "--frobnicate=secret")]
    [InlineData("'x' stands alone", "x")]
    [InlineData("--rest-port", "--rest-port")]
    [InlineData("--rest-port 70000 is not a port", "--rest-port", "70000")]
    [InlineData("--rest-port is given more than once", "--rest-port", "1", "--rest-port", "2")]
    [InlineData("--page-size 3MiB is not a page size", "--page-size", "3MiB")]
    [InlineData("--page-size 32MiB is not a page size", "--page-size", "32MiB")]
    [InlineData("--listen example.org is not an IP address", "--listen", "example.org")]
    [InlineData("add --insecure", "--listen", "0.0.0.0")]
    [InlineData("--eviction lfu is unknown. Did you mean 'lru'?", "--eviction", "lfu")]
    [InlineData("--scrub-period 7 is no time to scrub in", "--scrub-period", "7")]
    [InlineData("--scrub-period 31d is no time to scrub in", "--scrub-period", "31d")]
    [InlineData("--log-level warn is unknown. Did you mean 'warning'?", "--log-level", "warn")]
    [InlineData("'a b' is not a node's name", "--name", "a b")]
    [InlineData("--otlp collector is not a collector's URL", "--otlp", "collector")]
    [InlineData("--store /x is not DIR=SIZE", "--store", "/x")]
    [InlineData("'lots' is not a size", "--store", "/x=lots")]
    [InlineData("holds no page; give it at least 1 MiB", "--store", "/x=4KiB")]
    [InlineData("is not PATH=URI", "--mount", "/data")]
    [InlineData("'data' is not a path to mount at; begin it with '/'", "--mount", "data=mem://x")]
    [InlineData("--mount /: 'mod' is not an option of a mount (a comma in a URI is written %2C). Did you mean 'mode'?", "--mount", "/=mem://x,mod=strict")]
    [InlineData("--mount /: mode=strickt is unknown. Did you mean 'strict'?", "--mount", "/=mem://x,mode=strickt")]
    [InlineData("--mount /: ttl=60 is not a duration", "--mount", "/=mem://x,ttl=60")]
    [InlineData("--mount /: ttl counts with mode=bounded only", "--mount", "/=mem://x,mode=strict,ttl=60s")]
    [InlineData("--mount /: latency=50 is not a duration", "--mount", "/=mem://x,latency=50")]
    [InlineData("--mount /: latency=fast is not a duration", "--mount", "/=mem://x,latency=fast")]
    [InlineData("--mount /: latency=-1s is not a duration", "--mount", "/=mem://x,latency=-1s")]
    [InlineData("--mount /: bandwidth=100 parsecs is not a size", "--mount", "/=mem://x,bandwidth=100 parsecs")]
    [InlineData("--mount /: bandwidth=99999999999999999999GiB is not a size", "--mount", "/=mem://x,bandwidth=99999999999999999999GiB")]
    [InlineData("--mount /: replicas=0 is not a number of nodes from 1 to 4", "--mount", "/=mem://x,replicas=0")]
    [InlineData("--mount /: replicas=5 is not a number of nodes from 1 to 4", "--mount", "/=mem://x,replicas=5")]
    [InlineData("--mount /: replicas=two is not a number of nodes from 1 to 4", "--mount", "/=mem://x,replicas=two")]
    [InlineData("--peers: 'dns://' is not dns://HOST or dns://HOST:PORT", "--peers", "dns://")]
    [InlineData("--peers: 'dns://a/b' is not dns://HOST or dns://HOST:PORT", "--peers", "dns://a/b")]
    [InlineData("--peers: 'dns://a:0' is not dns://HOST or dns://HOST:PORT", "--peers", "dns://a:0")]
    [InlineData("--peers: 'dns://a:28080,n1=http://b:1' is not dns://HOST or dns://HOST:PORT", "--peers", "dns://a:28080,n1=http://b:1")]
    [InlineData("--mount /: 'colour' is not an option of a mount", "--mount", "/=mem://x,colour=blue")]
    [InlineData("--mount /: bandwidth=0 is not a size", "--mount", "/=mem://x,bandwidth=0")]
    [InlineData("--mount /: option 'ttl' is given twice", "--mount", "/=mem://x,ttl=1s,ttl=2s")]
    [InlineData("--mount /: option 'mode' has no value", "--mount", "/=mem://x,mode")]
    [InlineData("--mount /: option 'rw' takes no value; write rw alone", "--mount", "/=mem://x,rw=true")]
    [InlineData("--mount /: option 'ro' is given twice", "--mount", "/=mem://x,ro,ro")]
    [InlineData("--mount /: both rw and ro are given", "--mount", "/=mem://x,rw,ro")]
    [InlineData("--mount /a is given 2 times", "--mount", "/a=mem://x", "--mount", "/a/=mem://y")]
    [InlineData("is not a directory on this machine", "--mount", "/=/no/such/directory")]
    [InlineData("--config /no/such/file.yaml cannot be read", "--config", "/no/such/file.yaml")]
    public void What_is_wrong_is_named_with_its_remedy(string expected, params string[] arguments)
    {
        string problem = Assert.Single(Problems(arguments));

        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact]
    public void All_problems_are_told_at_once() =>
        Assert.Equal(3, Problems(["--rest-port", "x", "--page-size", "1", "--eviction", "fifo"]).Count);

    [Theory]
    [InlineData("s3://AKIA:hunter2@bucket/prefix?token=hunter2", "s3://bucket/prefix")]
    [InlineData("https://u@host", "https://host")]
    [InlineData("file:///a@b", "file:///a@b")]
    [InlineData("file:///what?#", "file:///what?#")]
    public void Credentials_in_a_URI_are_never_shown(string uri, string shown) => Assert.Equal(shown, MountOptions.Redact(uri));

    [Fact]
    public void Unknown_variables_are_refused_but_not_those_of_Kubernetes()
    {
        Assert.Contains("OCACHE_REST_PRT is not a variable of this node. Did you mean 'OCACHE_REST_PORT'?",
            Assert.Single(Problems([], new() { ["OCACHE_REST_PRT"] = "1" })), StringComparison.Ordinal);
        NodeOptions options = Read([], new()
        {
            ["OCACHE_REST_PORT"] = "tcp://10.0.0.7:28080",
            ["OCACHE_SERVICE_HOST"] = "10.0.0.7",
            ["OCACHE_PORT_28080_TCP_ADDR"] = "10.0.0.7",
            ["OCACHE_URL"] = "http://x",
        });
        Assert.Equal(28080, options.RestPort);
    }

    [Fact]
    public void Variables_separate_values_with_semicolons() =>
        Assert.Equal(["/a", "/b"], Read([], new() { ["OCACHE_MOUNT"] = "/a=mem://x; /b=mem://y,ttl=5s" }).Mounts.Select(m => m.Path.Value));

    [Theory]
    [InlineData("node.yaml", "rest-prot: 1", "'rest-prot' in", "Did you mean 'rest-port'?")]
    [InlineData("node.yaml", "config: x.yaml", "'config' in", "is not a setting")]
    [InlineData("node.yaml", "rest-port: 1\nrest-port: 2", "is not a file of settings", "")]
    [InlineData("node.yaml", "mount: {a: b}", "the value of 'mount' is neither a plain value nor a list", "")]
    [InlineData("node.yaml", "- a", "it holds no single mapping of settings", "")]
    [InlineData("node.json", "{ \"rest-port\": 1, \"rest-port\": 2 }", "is not a file of settings", "")]
    [InlineData("node.json", "{ \"rest-port\": ", "is not a file of settings", "")]
    [InlineData("node.json", "{ \"rest-port\": 70000 }", "'rest-port' in", "70000 is not a port")]
    public void Mistakes_in_a_file_are_named(string name, string text, string first, string second)
    {
        File.WriteAllText(_directory[name], text);

        string problem = Assert.Single(Problems(["--config", _directory[name]]));

        Assert.Contains(first, problem, StringComparison.Ordinal);
        Assert.Contains(second, problem, StringComparison.Ordinal);
        Assert.Contains(_directory[name], problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mount_and_a_store_must_lie_apart_also_behind_links()
    {
        File.CreateSymbolicLink(_directory["link"], _directory["data"]);

        Assert.Contains("so the cache would cache itself", Problem("--mount", $"/={_directory["data"]}", "--store", $"{_directory["data/pages"]}=1GiB"), StringComparison.Ordinal);
        Assert.Contains("so the cache would cache itself", Problem("--mount", $"/={_directory["link"]}", "--store", $"{_directory["data/pages"]}=1GiB"), StringComparison.Ordinal);
        Assert.Contains("so the cache would cache itself", Problem("--mount", $"/={_directory["data"]}", "--store", $"{_directory["link/new/pages"]}=1GiB"), StringComparison.Ordinal);
        Assert.Contains("belongs to the node alone", Problem("--mount", $"/={_directory["data"]}", "--store", $"{_directory.Path}=1GiB"), StringComparison.Ordinal);
        Assert.Contains("is or lies inside", Problem("--mount", "/=mem://x", "--store", $"{_directory["s"]}=1GiB", "--store", $"{_directory["s/t"]}=1GiB"), StringComparison.Ordinal);
        Assert.Contains("is or lies inside", Problem("--mount", "/=mem://x", "--store", $"{_directory["s"]}=1GiB", "--store", $"{_directory["s"]}=1GiB"), StringComparison.Ordinal);
        Read(["--mount", $"/={_directory["data"]}", "--store", $"{_directory["data-pages"]}=1GiB"]);
    }

    [Theory]
    [InlineData("fuse.ocache", true)]
    [InlineData("fuse.sshfs", false)]
    public void A_mount_that_this_cache_serves_is_refused(string type, bool refused)
    {
        string line = $"36 35 98:0 / {_directory["data"]} rw,noatime shared:1 - {type} source rw";
        NodeOptions options = Read(["--mount", $"/={_directory["data"]}"]);

        string[] complaints = [.. LocalDirectories.Complaints(options, MountedFileSystems.Parse(["22 1 8:1 / / rw - ext4 /dev/sda1 rw", line]))];

        Assert.Equal(refused, complaints.Any(c => c.Contains("is itself served by Orleans.Cache", StringComparison.Ordinal)));
    }

    [Fact]
    public void Mount_points_with_spaces_are_read() =>
        Assert.Equal(
            [new MountedFileSystem("/a b\\c", "ext4")],
            MountedFileSystems.Parse(["36 35 98:0 / /a\\040b\\134c rw master:1 - ext4 /dev/root rw,errors=continue", "garbage"]));

    /// <summary>A page of documentation that lags behind is worse than none.</summary>
    [Fact]
    public void Every_setting_is_documented()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Orleans.Cache.sln")))
            root = Path.GetDirectoryName(root)!;
        string page = File.ReadAllText(Path.Combine(root, "docs", "CONFIGURATION.md"));

        Assert.All(Settings.All, setting =>
        {
            Assert.Contains($"`{setting.Switch}", page, StringComparison.Ordinal);
            Assert.Contains($"`{setting.Variable}`", page, StringComparison.Ordinal);
        });
    }

    private NodeOptions Read(string[] arguments, Dictionary<string, string>? environment = null)
    {
        var variables = new Hashtable(environment ?? []) { ["XDG_CACHE_HOME"] = _directory["cache"] };
        return NodeOptionsReader.Read(new NodeCommandLine().Read(arguments, out _)!, variables, _directory["data"]);
    }

    private IReadOnlyList<string> Problems(string[] arguments, Dictionary<string, string>? environment = null) =>
        Assert.Throws<ConfigurationRefusedException>(() => Read(arguments, environment)).Problems;

    private string Problem(params string[] arguments) => Assert.Single(Problems(arguments));
}
