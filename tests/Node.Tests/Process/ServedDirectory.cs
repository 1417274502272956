using System.Text;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Process;

/// <summary>One node over a directory of files as people have them, shared by the tests of a class.</summary>
public sealed class ServedDirectory : IAsyncLifetime, IDisposable
{
    public const long SparseLength = 10L * CacheLimits.GiB;

    /// <summary>Names that have broken HTTP services before.</summary>
    public static readonly string[] OddNames =
        ["with space", "a+b", "100%", "%41", "%2F", "ünïcode-日本語-🚀", "q?x=1&y#z", "semi;colon,comma", "quote'\"", "back\\slash", "-dash", "new\nline", new('n', 255)];

    private readonly TemporaryDirectory _files = new();
    private readonly TemporaryDirectory _store = new();

    public NodeProcess Node { get; private set; } = null!;

    public string Path => _files.Path;

    public static byte[] ContentOf(string name) => Encoding.UTF8.GetBytes("content of " + name);

    public async Task InitializeAsync()
    {
        foreach (string name in OddNames)
            _files.Write("odd/" + name, ContentOf(name));
        _files.Write("empty", []);
        _files.Write("tree/a/one", "1"u8);
        _files.Write("tree/b/c/two", "22"u8);
        byte[] big = new byte[3 * CacheLimits.MiB + 17];
        new Random(1).NextBytes(big);
        _files.Write("big", big);
        using (FileStream sparse = File.Create(_files["sparse"]))
        {
            sparse.SetLength(SparseLength);
            sparse.Position = SparseLength - 4;
            sparse.Write("last"u8);
        }
        Node = await NodeProcess.StartAsync("--mount", $"/={Path}", "--store", $"{_store["pages"]}=256MiB");
    }

    public async Task DisposeAsync() => await Node.DisposeAsync();

    /// <summary>Called after DisposeAsync: the node is gone by then.</summary>
    public void Dispose()
    {
        _files.Dispose();
        _store.Dispose();
    }
}
