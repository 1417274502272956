using System.Globalization;
using Orleans.Cache.Bench.Fuse.Views;

namespace Orleans.Cache.Bench.Fuse;

/// <summary>The files of the benchmark, in tmpfs: one large, many of 100 KB, and a directory of many names. Each is made when a row reads it.</summary>
internal sealed class FuseData(long fileSize, int files, int names) : IDisposable
{
    /// <summary>As fuse-notes and most data sets of pictures have it.</summary>
    public const int SmallSize = 100_000;

    private const int SmallPerDirectory = 1000;

    private readonly Workspace _workspace = new();
    private readonly HashSet<FuseInput> _written = [];

    public long FileSize => fileSize;

    /// <summary>Options of a node's own mounts, each behind a comma.</summary>
    public string MountOptions { get; init; } = "";

    public string Source => _workspace.Source;

    /// <summary>Room for two copies of everything.</summary>
    public long StoreBytes => 2 * (fileSize + ((long)files * SmallSize) + ((long)names * 4096)) + (1L << 30);

    public FuseView Raw => new RawView(_workspace.Source);

    public int Names => names;

    /// <summary>A directory of its own for a cache, emptied when the benchmark ends.</summary>
    public string NewStore(string name) => Directory.CreateDirectory(Path.Combine(_workspace.Store, name)).FullName;

    /// <summary>Paths of the small files below a root, in an order that is random and always the same.</summary>
    public string[] SmallFilesOf(string root)
    {
        string[] all = [.. Enumerable.Range(0, files).Select(i => Path.Combine(root, SmallName(i)))];
        new Random(20260101).Shuffle(all);
        return all;
    }

    public async Task WriteAsync(IEnumerable<FuseRow> rows)
    {
        bool isNew = false;
        foreach (FuseInput input in rows.Select(row => row.Input).Distinct().Where(_written.Add))
        {
            isNew = true;
            if (input == FuseInput.File)
                _workspace.WriteSourceFile("f", fileSize);
            for (int i = 0; input == FuseInput.SmallFiles && i < files; i++)
                _workspace.WriteSourceFile(SmallName(i), SmallSize);
            for (int i = 0; input == FuseInput.Names && i < names; i++)
                _workspace.WriteSourceFile(string.Create(CultureInfo.InvariantCulture, $"names/name-{i:d6}"), 1);
        }
        if (isNew)
            await Task.Run(Workspace.LetVersionsSettle);
    }

    /// <summary>Has whoever serves a view keep all of it: what has been read twice is in every cache that there is.</summary>
    public async Task FillAsync(FuseView view)
    {
        if (_written.Contains(FuseInput.File))
            await Task.Run(() => PosixFiles.ReadWhole(Path.Combine(view.Root, "f")));
        if (_written.Contains(FuseInput.SmallFiles))
        {
            string[] all = SmallFilesOf(view.Root);
            for (int pass = 0; pass < 2; pass++)
                await Task.Run(() => PosixFiles.InParallel(all, 16, PosixFiles.OpenReadClose));
        }
        if (_written.Contains(FuseInput.Names))
            await Task.Run(() => Directory.EnumerateFiles(Path.Combine(view.Root, "names")).Count());
    }

    public void Dispose() => _workspace.Dispose();

    private static string SmallName(int i) => string.Create(CultureInfo.InvariantCulture, $"small/{i / SmallPerDirectory:d3}/{i:d6}.jpg");
}
