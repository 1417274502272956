using System.Security.Cryptography;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Testing;

/// <summary>What the facts of <see cref="UnderStorageContract"/> stand on: one fresh, empty under storage per fact.</summary>
public abstract class UnderStorageFixture : IAsyncLifetime
{
    protected static CancellationToken None => CancellationToken.None;

    protected IUnderStorage Storage { get; private set; } = null!;

    /// <summary>Whether the store can have a file of that name; false where a server, not the connector, cannot.</summary>
    protected virtual bool CanName(string name) => true;

    public virtual async Task InitializeAsync() => Storage = await OpenAsync();

    public virtual async Task DisposeAsync() => await Storage.DisposeAsync();

    /// <summary>An empty under storage that no other fact uses.</summary>
    protected abstract Task<IUnderStorage> OpenAsync();

    /// <summary>Puts a file there. Connectors that cannot write override it and put it there some other way.</summary>
    protected virtual async Task<UfsStatus> PutAsync(string key, byte[] content)
    {
        using var stream = new MemoryStream(content);
        return await Storage.CreateAsync(key, stream, None);
    }

    /// <summary>Whether the text is refused as a key; false where slashes too many are put right instead.</summary>
    protected virtual bool IsRefusedAsKey(string text) => true;

    /// <summary>What a write to the root is answered.</summary>
    protected virtual CacheError WriteToRoot => CacheError.InvalidArgument;

    /// <summary>What such a name is answered, where the connector knows.</summary>
    protected virtual Task AssertCannotNameAsync(string name) => Task.CompletedTask;

    /// <summary>Puts many empty files there. Connectors to servers for which that takes long override it.</summary>
    protected virtual Task PutManyAsync(IEnumerable<string> keys) => Parallel.ForEachAsync(keys, async (key, _) => await PutAsync(key, []));

    protected static string Md5(byte[] content) => Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.MD5, content));

    protected async Task<UfsStatus> StatusAsync(string key)
    {
        UfsStatus? status = await Storage.GetStatusAsync(key, None);
        Assert.NotNull(status);
        return status;
    }

    protected async Task<byte[]> ReadAsync(string key, FileVersion? version, long offset, long length, int piece = 1 << 20)
    {
        await using IUfsReader reader = await Storage.OpenReadAsync(key, version, offset, length, None);
        return await ReadToEndAsync(reader, piece);
    }

    protected static async Task<byte[]> ReadToEndAsync(IUfsReader reader, int piece = 1 << 20)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[piece];
        while (await reader.ReadAsync(buffer, None) is var read && read > 0)
            all.Write(buffer, 0, read);
        Assert.Equal(0, await reader.ReadAsync(buffer, None));
        return all.ToArray();
    }

    /// <summary>The whole file, in the version that is there.</summary>
    protected async Task<byte[]> ReadAllAsync(string key)
    {
        UfsStatus status = await StatusAsync(key);
        return await ReadAsync(key, status.Version, 0, status.Length);
    }

    protected async Task<List<string>> NamesAsync(string key, string? startAfter = null)
    {
        var names = new List<string>();
        await foreach (UfsStatus status in Storage.ListAsync(key, startAfter, None))
            names.Add(status.Name);
        return names;
    }

    protected static async Task AssertFailsAsync(CacheError error, Func<Task> act)
    {
        CacheException thrown = await Assert.ThrowsAsync<CacheException>(act);
        Assert.True(error == thrown.Error, $"Expected {error}, but it was {thrown.Error}: {thrown.Message}");
    }

    /// <summary>Content in which no two places look alike, different for each seed.</summary>
    protected static byte[] Content(int length, int seed = 1)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }
}
