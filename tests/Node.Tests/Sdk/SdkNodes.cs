using System.Text;
using Orleans.Cache.Client;
using Orleans.Cache.Files;
using Orleans.Cache.Node.Tests.Process;
using Orleans.Cache.Ring;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>Three real nodes over one directory, shared by the tests of a class: /data is read only, /rw and /strict take writes.</summary>
public sealed class SdkNodes : IAsyncLifetime
{
    /// <summary>Of the file that has two stripes: it begins with zeros, and this much of it, its end, is random; the border is in the middle.</summary>
    public const int TailBytes = 16 * CacheLimits.MiB;

    public const long BigLength = CacheFile.StripeBytes + TailBytes / 2;

    /// <summary>Names of the file of two stripes: for one of them, the stripes have different owners.</summary>
    private const int BigNames = 12;

    private readonly TemporaryDirectory _source = new(onTmpfs: true);

    public byte[] Medium { get; } = new byte[20 * CacheLimits.MiB + 7];

    /// <summary>The last bytes of the file of two stripes.</summary>
    public byte[] Tail { get; } = new byte[TailBytes];

    /// <summary>Path of the file of two stripes, each on a node of its own.</summary>
    public string Big { get; private set; } = "";

    internal NodeCluster Cluster { get; private set; } = null!;

    public string Source => _source.Path;

    public static byte[] ContentOf(string name) => Encoding.UTF8.GetBytes("content of " + name);

    public async Task InitializeAsync()
    {
        var random = new Random(5);
        random.NextBytes(Medium);
        random.NextBytes(Tail);
        _source.Write("data/medium", Medium);
        _source.Write("data/empty", []);
        _source.Write("data/tree/a/one", "1"u8);
        _source.Write("data/tree/b/c/two", "22"u8);
        _source.Write("data/tree/b/three", "333"u8);
        foreach (string name in ServedDirectory.OddNames)
            _source.Write("data/odd/" + name, ContentOf(name));
        Directory.CreateDirectory(_source["rw"]);
        Directory.CreateDirectory(_source["strict"]);
        WriteBig();
        string root = _source.Path;
        Cluster = await NodeCluster.StartAsync(
            3, "--mount", $"/data=file://{root}/data", "--mount", $"/rw=file://{root}/rw,rw", "--mount", $"/strict=file://{root}/strict,mode=strict,rw");
        await using CacheClient client = await ConnectAsync();
        foreach (string path in Enumerable.Range(0, BigNames).Select(i => $"/data/big{i}"))
        {
            if (await OwnerAsync(client, path, 0) != await OwnerAsync(client, path, 1))
                Big = path;
        }
        Assert.NotEqual("", Big);
    }

    public async Task DisposeAsync()
    {
        await Cluster.DisposeAsync();
        _source.Dispose();
    }

    public Task<CacheClient> ConnectAsync(CacheClientOptions? options = null) => CacheClient.ConnectAsync(Cluster[0].Rest, options);

    /// <summary>Writes into the source, behind the cache's back.</summary>
    public void Write(string path, ReadOnlySpan<byte> content) => _source.Write(path.TrimStart('/'), content);

    /// <summary>The node that owns a stripe of a file.</summary>
    internal static async Task<string> OwnerAsync(CacheClient client, string path, long stripe)
    {
        var file = (await client.GetStatusAsync(path)).RequireFile();
        var ring = new HashRing(1, client.Cluster.Members.Select(m => new RingMember(m.Name, m.Url, m.Weight)));
        return ring.Owner(RingKey.Of(file.Identity, file.Key, stripe))!.Name;
    }

    /// <summary>One sparse file, and hard links to it.</summary>
    private void WriteBig()
    {
        using (FileStream big = File.Create(_source["data/big0"]))
        {
            big.SetLength(BigLength);
            big.Position = BigLength - TailBytes;
            big.Write(Tail);
        }
        for (int i = 1; i < BigNames; i++)
            Assert.Equal(0, HardLinks.Create(_source["data/big0"], _source[$"data/big{i}"]));
    }
}
