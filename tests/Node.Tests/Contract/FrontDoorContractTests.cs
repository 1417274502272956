using Orleans.Cache.Testing;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.Contract;

/// <summary>What holds of every under storage holds of the cache in front of one, asked over HTTP.</summary>
public abstract class FrontDoorContract(ContractNodes nodes) : UnderStorageContract
{
    private string _source = "";

    protected override Task<IUnderStorage> OpenAsync()
    {
        (FrontDoorStorage storage, _source) = nodes.Take();
        return Task.FromResult<IUnderStorage>(storage);
    }

    /// <summary>A path of the namespace is the same with a slash too many; the root of a mount is a directory like others.</summary>
    protected override bool IsRefusedAsKey(string text) => text is not ("/file" or "dir//file" or "dir/");

    protected override CacheError WriteToRoot => CacheError.IsDirectory;

    /// <summary>Behind the cache's back, before it was asked for the first time: thousands of requests would show nothing more.</summary>
    protected override Task PutManyAsync(IEnumerable<string> keys)
    {
        foreach (string key in keys)
        {
            string path = Path.Combine(_source, key);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, []);
        }
        return Task.CompletedTask;
    }
}

public sealed class OneProcessContractTests(OneNode nodes) : FrontDoorContract(nodes), IClassFixture<OneNode>;

public sealed class ThreeProcessesContractTests(ThreeNodes nodes) : FrontDoorContract(nodes), IClassFixture<ThreeNodes>;
