using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Local;
using Orleans.Cache.Writing;

namespace Orleans.Cache.Core.Tests.Writing;

/// <summary>On a real directory: what a recursive delete takes, and what it never enters.</summary>
public sealed class TreeDeletionTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LocalUnderStorage _storage;

    public TreeDeletionTests() => _storage = new LocalUnderStorage(_directory.Path, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_tree_goes_depth_first_and_links_in_it_go_as_links()
    {
        _directory.Write("kept/file", "kept"u8);
        for (int i = 0; i < 300; i++)
            _directory.Write($"tree/many/{i}", "x"u8);
        Directory.CreateDirectory(_directory["tree/empty/deep"]);
        Directory.CreateSymbolicLink(_directory["tree/inside"], _directory["kept"]);
        File.CreateSymbolicLink(_directory["tree/many/link"], _directory["kept/file"]);

        Assert.False(await TreeDeletion.DeleteAsync(_storage, "tree", recursive: true, atOnce: 1, default));

        Assert.False(Directory.Exists(_directory["tree"]));
        Assert.Equal("kept", await File.ReadAllTextAsync(_directory["kept/file"]));
    }

    [Fact]
    public async Task A_link_to_a_directory_goes_as_a_link()
    {
        _directory.Write("kept/file", "kept"u8);
        Directory.CreateSymbolicLink(_directory["link"], _directory["kept"]);

        Assert.True(await TreeDeletion.DeleteAsync(_storage, "link", recursive: true, atOnce: 1, default));

        Assert.Equal("kept", await File.ReadAllTextAsync(_directory["kept/file"]));
    }

    [Fact]
    public async Task What_holds_something_stays_unless_the_delete_is_recursive()
    {
        _directory.Write("dir/file", "x"u8);
        CacheException thrown = await Assert.ThrowsAsync<CacheException>(() => TreeDeletion.DeleteAsync(_storage, "dir", recursive: false, atOnce: 1, default));
        Assert.Equal(CacheError.NotEmpty, thrown.Error);
        Assert.True(File.Exists(_directory["dir/file"]));
    }
}
