using Orleans.Cache.Pages.Index;
using Orleans.Cache.Pages.Journal;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>When snapshots are written, and above all when no more are.</summary>
public sealed class CompactorTests : IDisposable
{
    private readonly TemporaryDirectory _root = new(onTmpfs: true);
    private readonly NameLog _names;
    private readonly AppendLog _journal;
    private readonly Compactor _compactor;

    public CompactorTests()
    {
        var files = new StoreFiles(_root.Path, new StoreHeader(StoreFileKind.Format, StoreHeader.CurrentVersion, PageSize, Guid.NewGuid(), 0));
        var index = new PageIndex(PageSize, new FifoPolicy());
        _names = new NameLog(files, index, 1, _ => { });
        _journal = new AppendLog(files.Create(StoreFileKind.Journal, 1), StoreHeader.Size, _ => { });
        _compactor = new Compactor(files, index, _journal, _names, sequence: 1, replayed: 1_000_000);
    }

    public void Dispose()
    {
        _journal.Dispose();
        _names.Dispose();
        _root.Dispose();
    }

    [Fact]
    public async Task Closing_leaves_a_snapshot_of_what_happened()
    {
        await _compactor.CloseAsync();
        Assert.Equal(["journal-2", "snapshot-2"], Files());
    }

    /// <summary>The directory may be another node's by then, whose journals a late snapshot would delete.</summary>
    [Fact]
    public async Task A_snapshot_that_was_scheduled_before_closing_and_runs_after_it_touches_nothing()
    {
        await _compactor.Turn.WaitAsync();
        Task late = _compactor.CompactAsync();
        Task close = _compactor.CloseAsync();
        _compactor.Turn.Release();
        await Task.WhenAll(late, close);
        string[] left = Files();
        await _compactor.CompactAsync();
        await _compactor.CloseAsync();
        Assert.Equal(left, Files());
    }

    private string[] Files() =>
        [.. Directory.EnumerateFiles(_root.Path).Select(p => Path.GetFileName(p)!).Where(n => !n.StartsWith("names", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
