using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Identity;
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

    /// <summary>What another page size or format would misread is not even looked at, and the old configuration finds it all again.</summary>
    [Theory]
    [InlineData(PageSize / 2)]
    [InlineData(PageSize * 2)]
    public async Task A_store_that_was_refused_for_its_page_size_is_left_as_it_was(int otherPageSize)
    {
        FileRef file = NewFile("file", 3 * PageSize);
        await using (StoreDirectory store = OpenDirectory(_root["store"]))
            Assert.True(await store.WriteAsync(file, 2));
        string[] before = Names();

        var refused = Assert.Throws<CacheException>(() => StoreDirectory.Open(
            new StoreDirectoryOptions(_root["store"], 1 << 30), otherPageSize, new FifoPolicy(), new StorageSpaces(TimeProvider.System), 64, TimeProvider.System, NullLogger.Instance));

        Assert.Equal(CacheError.InvalidArgument, refused.Error);
        Assert.Contains($"pages of {PageSize} bytes and the page size is {otherPageSize}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Names());
        await using StoreDirectory again = OpenDirectory(_root["store"]);
        Assert.True(await again.ReadAndCheckAsync(file, 2));
    }

    /// <summary>
    /// A FORMAT that promises what the other files do not hold, as after a careless copy or a downgrade by hand. Journals, snapshots and
    /// names say themselves what they are, and are passed over.
    /// </summary>
    [Theory]
    [InlineData("page size")]
    [InlineData("format")]
    [InlineData("directory")]
    public async Task Files_of_another_format_below_a_good_FORMAT_are_passed_over_and_never_misread(string what)
    {
        FileRef file = NewFile("file", 3 * PageSize);
        await using (StoreDirectory store = OpenDirectory(_root["store"]))
            Assert.True(await store.WriteAsync(file, 1));
        foreach (string path in Directory.GetFiles(_root["store"], "*-*"))
        {
            byte[] bytes = File.ReadAllBytes(path);
            Assert.True(StoreHeader.TryRead(bytes, out StoreHeader header));
            (what switch
            {
                "page size" => header with { PageSize = PageSize / 2 },
                "format" => header with { Version = StoreHeader.CurrentVersion + 1 },
                _ => header with { DirectoryId = Guid.NewGuid() },
            }).Write(bytes);
            File.WriteAllBytes(path, bytes);
        }

        await using StoreDirectory opened = OpenDirectory(_root["store"]);

        Assert.Equal((0, 0), (opened.Status.Pages, opened.Recovered.Records));
        Assert.False(await opened.ReadAndCheckAsync(file, 1));
        Assert.True(await opened.WriteAsync(file, 1));
        await opened.Swept;
        Assert.True(await opened.ReadAndCheckAsync(file, 1));
        Assert.Single(BackingFiles(_root["store"]));
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

    private string[] Names() =>
        [.. Directory.EnumerateFiles(_root["store"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

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
