using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.Memory;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests;

public sealed class UnderStorageFactoryTests
{
    [Theory]
    [InlineData("file:///data", "/data")]
    [InlineData("file://localhost/data", "/data")]
    [InlineData("file:///", "/")]
    [InlineData("file:///my data", "/my data")]
    [InlineData("file:///my%20data", "/my data")]
    [InlineData("file:///my%2520data", "/my%20data")]
    [InlineData("file:///a+b?c#d", "/a+b?c#d")]
    [InlineData("file:///100%", "/100%")]
    [InlineData("file:///100%zz%2", "/100%zz%2")]
    [InlineData("file:///caf%C3%A9", "/caf\u00e9")]
    [InlineData("file:///caf\u00e9/\U0001F600", "/caf\u00e9/\U0001F600")]
    public void A_file_URI_names_a_directory(string uri, string path) => Assert.Equal(path, UnderStorageFactory.LocalPathOf(uri));

    [Theory]
    [InlineData("ftp://host/x", "mem://name")]
    [InlineData("/plain/path", "file:///path")]
    [InlineData("", "file:///path")]
    [InlineData("file://host/data", "three slashes")]
    [InlineData("file://data", "three slashes")]
    [InlineData("file:///caf%E9", "UTF-8")]
    [InlineData("file:///a%00b", "NUL")]
    [InlineData("file:///no/such/directory", "/no/such/directory")]
    [InlineData("mem://", "mem://name")]
    public void What_names_no_storage_is_refused_with_the_remedy(string uri, string remedy)
    {
        CacheException refused = Assert.Throws<CacheException>(() => UnderStorageFactory.Create(uri, TimeProvider.System));
        Assert.Equal(CacheError.InvalidArgument, refused.Error);
        Assert.Contains(remedy, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mem_URI_makes_files_in_memory()
    {
        await using IUnderStorage storage = UnderStorageFactory.Create("mem://demo", TimeProvider.System);
        Assert.IsType<MemoryUnderStorage>(storage);
    }

    [Fact]
    public async Task A_directory_with_a_space_in_its_name_can_be_mounted_either_way()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("my data/file", "x"u8);
        foreach (string uri in (string[])[$"file://{directory["my data"]}", $"file://{directory["my%20data"]}"])
        {
            await using IUnderStorage storage = UnderStorageFactory.Create(uri, TimeProvider.System);
            Assert.NotNull(await storage.GetStatusAsync("file", CancellationToken.None));
            Assert.Equal("file://" + directory["my data"], storage.Identity.Uri);
        }
    }
}
