using System.Runtime.CompilerServices;
using Orleans.Cache.Client;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.Contract;

/// <summary>A mount of a cluster as its .NET client sees it, in the shape of an under storage, so that what holds of those can be asked of the cache in front of one.</summary>
internal sealed class FrontDoorStorage(CacheClient client, string mount) : IUnderStorage
{
    public UfsIdentity Identity => throw new NotSupportedException("A mount has no identity of its own.");

    public UfsCapabilities Capabilities { get; } = new() { CanWrite = true, AtomicIfAbsent = true, AtomicRename = true, RealDirectories = true };

    public async ValueTask<UfsStatus?> GetStatusAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return Of(await client.GetStatusAsync(PathOf(key), cancellationToken));
        }
        catch (CacheException e) when (e.Error == CacheError.NotFound)
        {
            return null;
        }
    }

    public async ValueTask<IUfsReader> OpenReadAsync(string key, FileVersion? version, long offset, long length, CancellationToken cancellationToken)
    {
        FileStatus status = await client.GetStatusAsync(PathOf(key), cancellationToken);
        FileRef file = status.RequireFile();
        // A status tells how much there is; what lies past it cannot be asked for.
        if (offset > file.Length - length)
            throw new CacheException(CacheError.Changed, $"{key} ends at {file.Length}.");
        CacheReadStream stream = client.OpenRead(version is { } demanded ? status with { File = new FileRef(file.Identity, file.Key, demanded, file.Length, file.PageSize) } : status);
        stream.Position = offset;
        return new Reader(stream, length);
    }

    public async IAsyncEnumerable<UfsStatus> ListAsync(string key, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (FileStatus status in client.ListAsync(PathOf(key), startAfter: startAfter, cancellationToken: cancellationToken))
            yield return Of(status);
    }

    public async Task<UfsStatus> CreateAsync(string key, Stream content, WriteCondition condition, CancellationToken cancellationToken) =>
        Of(await client.CreateAsync(PathOf(key), content, condition, cancellationToken));

    public Task CreateDirectoryAsync(string key, CancellationToken cancellationToken) => client.CreateDirectoryAsync(PathOf(key), cancellationToken);

    public Task DeleteAsync(string key, CancellationToken cancellationToken) => client.DeleteAsync(PathOf(key), recursive: false, cancellationToken);

    public Task RenameAsync(string from, string to, CancellationToken cancellationToken) => client.MoveAsync(PathOf(from), PathOf(to), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string PathOf(string key) => key.Length == 0 ? mount : $"{mount}/{key}";

    private UfsStatus Of(FileStatus status)
    {
        string path = status.Path.Value;
        return new(path.Length > mount.Length ? path[(mount.Length + 1)..] : "", status.IsDirectory, status.Length, status.LastModified, status.File?.Version ?? default);
    }

    private sealed class Reader(CacheReadStream stream, long left) : IUfsReader
    {
        private long _left = left;

        public bool MayPublish => false;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = await stream.ReadAsync(destination[..(int)Math.Min(_left, destination.Length)], cancellationToken);
            _left -= read;
            return read;
        }

        public ValueTask DisposeAsync() => stream.DisposeAsync();
    }
}
