using Azure.Storage.Sas;
using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.AzureBlob;

/// <summary>Ways to say who asks, spellings of directories, and what a mount is told that may not ask.</summary>
[NeedsServer(StorageServer.Azurite)]
public sealed class AzureAccessTests : UnderStorageFixture
{
    private const string Other = "OCACHE_TEST_AZURE_OTHER";

    private Uri _endpoint = null!;

    private string Prefix => Storage.Identity.Uri[(Storage.Identity.Uri.LastIndexOf('/') + 1)..];

    [ServerFact]
    public async Task A_connection_string_and_a_signature_open_the_same_container()
    {
        await PutAsync("dir/file", Content(100));
        string sas = AzuriteFixture.Direct(_endpoint)
            .GenerateSasUri(BlobContainerSasPermissions.Read | BlobContainerSasPermissions.List, DateTimeOffset.MaxValue.AddDays(-1)).Query;
        await using IUnderStorage byString = Open("connection-string", AzuriteFixture.ConnectionString(_endpoint), isWritable: true);
        await using IUnderStorage bySignature = Open("sas", sas, isWritable: false);
        foreach (IUnderStorage storage in (IUnderStorage[])[byString, bySignature])
        {
            await storage.CheckAsync(None);
            Assert.Equal(Storage.Identity, storage.Identity);
            Assert.Equal(await StatusAsync("dir/file"), await storage.GetStatusAsync("dir/file", None));
        }
        await byString.RenameAsync("dir/file", "dir/moved", None);
        await AssertFailsAsync(CacheError.AccessDenied, () => bySignature.CreateAsync("file", new MemoryStream([1]), None));
    }

    [ServerFact]
    public async Task A_mount_that_may_not_ask_is_told_so_without_the_key()
    {
        const string Wrong = "d3Jvbmc=";
        await using IUnderStorage denied = Open("key", Wrong, isWritable: false);
        CacheException refusal = await Assert.ThrowsAsync<CacheException>(() => denied.CheckAsync(None));
        Assert.Equal(CacheError.AccessDenied, refusal.Error);
        Assert.Contains("credentials", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, refusal.ToString(), StringComparison.Ordinal);

        await using IUnderStorage missing = UnderStorageFactory.Create("az://no-such-container", AzuriteFixture.OptionsOf(_endpoint), TimeProvider.System);
        Assert.Contains("does not exist", (await Assert.ThrowsAsync<CacheException>(() => missing.CheckAsync(None))).Message, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task Names_that_the_store_would_turn_into_others_are_refused_and_lead_nowhere()
    {
        await PutAsync("a", Content(1));
        await PutAsync("d/f", Content(2));
        foreach (string key in (string[])["..\u0001/out", "d/.\u0001", "\u0001", "\u0001/a", "d/\u0001", "d/\u0001/f", "a\u0001", "d\u0001/f"])
        {
            Assert.Null(await Storage.GetStatusAsync(key, None));
            await AssertFailsAsync(CacheError.InvalidPath, () => Storage.CreateAsync(key, new MemoryStream([1]), None));
            await AssertFailsAsync(CacheError.InvalidPath, () => Storage.CreateDirectoryAsync(key, None));
            await AssertFailsAsync(CacheError.NotFound, () => Storage.DeleteAsync(key, None));
            await AssertFailsAsync(CacheError.NotFound, () => Storage.RenameAsync(key, "mine", None));
            await AssertFailsAsync(CacheError.InvalidPath, () => Storage.RenameAsync("a", key, None));
            await AssertFailsAsync(CacheError.NotFound, async () => await Storage.OpenReadAsync(key, null, 0, 1, None));
        }
        Assert.Equal(["a", "d"], await NamesAsync(""));
        Assert.Equal(["f"], await NamesAsync("d"));
    }

    [ServerFact]
    public async Task A_directory_as_Azures_file_system_marks_it_is_one()
    {
        await Storage.CreateDirectoryAsync("made/empty", None);
        Assert.True((await StatusAsync("made/empty")).IsDirectory);
        Assert.Empty(await NamesAsync("made/empty"));
        Assert.Equal(["empty"], await NamesAsync("made"));
        await PutAsync("made/empty/file", Content(1));
        await PutAsync("made/empty.txt", Content(1));
        Assert.Equal(["empty", "empty.txt"], await NamesAsync("made"));
        await AssertFailsAsync(CacheError.NotEmpty, () => Storage.DeleteAsync("made/empty", None));
        await Storage.RenameAsync("made/empty", "made/moved", None);
        Assert.Null(await Storage.GetStatusAsync("made/empty", None));
        Assert.Equal(Content(1), await ReadAllAsync("made/moved/file"));
    }

    [ServerFact]
    public async Task A_content_in_parts_is_stored_as_it_is()
    {
        byte[] content = Content((17 * CacheLimits.MiB) + 3);
        UfsStatus written = await PutAsync("file", content);
        Assert.Equal(written, await StatusAsync("file"));
        Assert.Equal(content, await ReadAllAsync("file"));
    }

    protected override async Task<IUnderStorage> OpenAsync()
    {
        _endpoint = await AzuriteFixture.EndpointAsync();
        return await AzuriteFixture.OpenAsync();
    }

    private IUnderStorage Open(string option, string secret, bool isWritable)
    {
        Environment.SetEnvironmentVariable(Other, secret);
        return UnderStorageFactory.Create($"az://{AzuriteFixture.Container}/{Prefix}", new ConnectorOptions
        {
            Values = new Dictionary<string, string> { ["endpoint"] = _endpoint.ToString(), [option] = "env:" + Other },
            IsWritable = isWritable,
        }, TimeProvider.System);
    }
}
