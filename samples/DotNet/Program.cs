// Lists a directory of the cache, hashes its first file as a stream, and reads the file's end into a buffer of its own.
// What stands between "block" and "end" is quoted in docs/DOTNET.md.
using System.Security.Cryptography;
using Orleans.Cache;
using Orleans.Cache.Client;
using Orleans.Cache.Metadata;

if (args is not [var node, var directory])
{
    Console.Error.WriteLine("Give the address of a node and a directory: http://127.0.0.1:28080 /data");
    return 2;
}
try
{
    // block: connect
    await using CacheClient cache = await CacheClient.ConnectAsync(new Uri(node));
    Console.WriteLine($"{cache.Cluster.Members.Count} nodes, {cache.Cluster.Mounts.Count} mounts");
    // end

    // block: list
    FileStatus? first = null;
    await foreach (FileStatus entry in cache.ListAsync(directory))
    {
        Console.WriteLine($"{(entry.IsDirectory ? "directory" : entry.Length),12} {entry.Path}");
        first ??= entry.IsDirectory ? null : entry;
    }
    // end
    if (first is null)
        return 0;

    // block: stream
    await using (CacheReadStream stream = await cache.OpenReadAsync(first.Path.Value))
    {
        byte[] hash = await SHA256.HashDataAsync(stream);
        Console.WriteLine($"{Convert.ToHexStringLower(hash)} {stream.Status.Path}");
    }
    // end

    // block: range
    byte[] buffer = new byte[4096];
    int read = await cache.ReadAsync(first, Math.Max(0, first.Length - buffer.Length), buffer);
    Console.WriteLine($"its last {read} bytes begin with {Convert.ToHexStringLower(buffer.AsSpan(0, Math.Min(read, 8)))}");
    // end
    return 0;
}
catch (CacheException e)
{
    Console.Error.WriteLine($"{e.Error}: {e.Message}");
    return 1;
}
