using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Gateway.Alluxio;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors;

namespace Orleans.Cache.Node.Tests.Alluxio;

public sealed class PathIdTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("s3://b/f", "b05cb29f49488a0ca94612a4e16616392a4953b2cc3a4da69f262aed43f0e902")]
    [InlineData("file:///data/a.bin", "3de2b54389ad8b8f040300395a13b3d473560ba3b7219715a35818f50e2d96a4")]
    public void An_id_is_the_hash_that_clients_compute(string path, string id)
    {
        Assert.Equal(id, PathId.Of(path).ToString());
        Assert.Equal(PathId.Of(path), PathId.Parse(id.ToUpperInvariant()));
    }

    [Fact]
    public void Ids_survive_a_restart_and_a_torn_tail_loses_the_last_alone()
    {
        using (PathIds ids = Open())
            ids.Learn("s3://b/one", "s3://b/two", "s3://b/three");
        string file = _directory[PathIds.FileName];
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^3]);
        using (PathIds ids = Open())
        {
            Assert.Equal("s3://b/one", ids.Find(PathId.Of("s3://b/one")));
            Assert.Equal("s3://b/two", ids.Find(PathId.Of("s3://b/two")));
            Assert.Null(ids.Find(PathId.Of("s3://b/three")));
            ids.Learn("s3://b/four");
        }
        using PathIds again = Open();
        Assert.Equal("s3://b/four", again.Find(PathId.Of("s3://b/four")));
    }

    [Fact]
    public void A_damaged_file_never_gives_a_wrong_path()
    {
        using (PathIds ids = Open())
            ids.Learn("s3://b/one", "s3://b/two");
        string file = _directory[PathIds.FileName];
        byte[] good = File.ReadAllBytes(file);
        for (int i = 0; i < good.Length; i++)
        {
            byte[] bad = [.. good];
            bad[i] ^= 0x11;
            File.WriteAllBytes(file, bad);
            using PathIds ids = Open();
            foreach (string path in new[] { "s3://b/one", "s3://b/two" })
                Assert.Contains(ids.Find(PathId.Of(path)), new[] { null, path });
        }
    }

    [Fact]
    public void The_oldest_are_forgotten_and_those_asked_for_are_not()
    {
        using PathIds ids = Open();
        ids.Learn("s3://b/asked", "s3://b/forgotten");
        for (int i = 0; i < 2 * PathIds.PathsPerFile; i++)
        {
            ids.Learn($"s3://b/{i}");
            if (i == PathIds.PathsPerFile)
                Assert.Equal("s3://b/asked", ids.Find(PathId.Of("s3://b/asked")));
        }
        Assert.Equal("s3://b/asked", ids.Find(PathId.Of("s3://b/asked")));
        Assert.Null(ids.Find(PathId.Of("s3://b/forgotten")));
    }

    [Theory]
    [InlineData("file:///data/x/a", "/all/x/a")]
    [InlineData("file:/data/x/a", "/all/x/a")]
    [InlineData("file://localhost/data/x/a", "/all/x/a")]
    [InlineData("FILE:///data", "/all")]
    [InlineData("file:///data/with space/a", "/space/a")]
    [InlineData("file:///data/with%20space/a", "/space/a")]
    [InlineData("mem://bucket/k", "/s/k")]
    [InlineData("/all/x", "/all/x")]
    [InlineData("file:///database/a", null)]
    [InlineData("file:///data/covered/a", null)]
    [InlineData("s3://bucket/k", null)]
    public void A_url_is_the_path_at_which_a_mount_shows_it(string url, string? path)
    {
        var table = new MountTable(1,
        [
            Mounted("/all", "file:///data"), Mounted("/space", "file:///data/with%20space"), Mounted("/s", "mem://bucket"), Mounted("/all/covered", "mem://over"),
        ]);
        if (path is null)
            Assert.Equal(CacheError.NotFound, Assert.Throws<CacheException>(() => UfsNames.PathOf(table, url)).Error);
        else
            Assert.Equal(path, UfsNames.PathOf(table, url).Value);
    }

    private static Mount Mounted(string path, string uri) =>
        new(CachePath.Parse(path), UnderStorageFactory.Create("mem://x", TimeProvider.System), Freshness.Default) { Uri = uri };

    private PathIds Open() => new(new AlluxioOptions { IdDirectory = _directory.Path }, NullLogger<PathIds>.Instance);
}
