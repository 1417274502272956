using System.Runtime.Versioning;
using Orleans.Cache.Pages;
using Orleans.Cache.Pages.Journal;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>Directories that are refused, each with one line that says why and what to do.</summary>
public sealed class StoreOpeningTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task A_second_opener_is_refused_until_the_first_has_closed()
    {
        await using (OpenDirectory(_root["store"]))
        {
            string message = Refusal();
            Assert.Contains($"in use by another node (pid {Environment.ProcessId})", message, StringComparison.Ordinal);
            Assert.Contains(_root["store"], message, StringComparison.Ordinal);
        }
        await using StoreDirectory again = OpenDirectory(_root["store"]);
    }

    [Fact]
    public async Task Another_page_size_is_refused()
    {
        await using (OpenDirectory(_root["store"]))
        {
        }
        Rewrite(header => header with { PageSize = 1 << 20 });
        Assert.Contains("pages of 1048576 bytes", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_format_is_refused()
    {
        await using (OpenDirectory(_root["store"]))
        {
        }
        Rewrite(header => header with { Version = 99 });
        Assert.Contains("format 99", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_format_file_is_refused()
    {
        await using (OpenDirectory(_root["store"]))
        {
        }
        byte[] bytes = File.ReadAllBytes(Path.Combine(_root["store"], "FORMAT"));
        bytes[20] ^= 1;
        File.WriteAllBytes(Path.Combine(_root["store"], "FORMAT"), bytes);
        Assert.Contains("FORMAT is damaged", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_with_somebodys_files_is_refused_and_left_alone()
    {
        _root.Write("store/thesis.tex", [1]);
        Assert.Contains("not empty", Refusal(), StringComparison.Ordinal);
        Assert.True(File.Exists(_root["store/thesis.tex"]));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task A_new_directory_is_private_to_its_owner()
    {
        await using StoreDirectory store = OpenDirectory(_root["deep/store"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_root["deep/store"]));
    }

    private string Refusal()
    {
        var refused = Assert.Throws<CacheException>(() => OpenDirectory(_root["store"]));
        Assert.Equal(CacheError.InvalidArgument, refused.Error);
        return refused.Message;
    }

    private void Rewrite(Func<StoreHeader, StoreHeader> change)
    {
        string path = Path.Combine(_root["store"], "FORMAT");
        Assert.True(StoreHeader.TryRead(File.ReadAllBytes(path), out StoreHeader header));
        File.WriteAllBytes(path, change(header).ToBytes());
    }
}
