using Orleans.Cache.Client;
using Orleans.Cache.Metadata;
using Orleans.Cache.Model.Tests.Oracle;

namespace Orleans.Cache.Model.Tests.Doors;

/// <summary>The .NET client, which asks the owners itself and finds others when they are gone.</summary>
internal sealed class ClientDoor(CacheClient client) : IFrontDoor
{
    public async ValueTask<Seen> StatAsync(string path)
    {
        try
        {
            return SeenOf(await client.GetStatusAsync("/" + path));
        }
        catch (CacheException e) when (e.Error == CacheError.NotFound)
        {
            return new Seen(path, Kind.Absent, 0, null);
        }
    }

    public async ValueTask<List<Seen>> ListAsync(string directory, bool recursive)
    {
        var entries = new List<Seen>();
        await foreach (FileStatus status in client.ListAsync("/" + directory, recursive))
            entries.Add(SeenOf(status));
        return entries;
    }

    public async ValueTask<Answer> OpenAsync(string path)
    {
        try
        {
            await using CacheReadStream stream = await client.OpenReadAsync("/" + path);
            return new Answer { File = FileOf(stream.Status) };
        }
        catch (CacheException e)
        {
            return new Answer { Error = e.Error };
        }
    }

    public async ValueTask<Answer> ReadAsync(string path, int offset, Memory<byte> destination, bool lent)
    {
        try
        {
            await using CacheReadStream stream = await client.OpenReadAsync("/" + path);
            stream.Position = offset;
            // In halves: the second is read on, and so ahead.
            int half = destination.Length / 2;
            int read = await stream.ReadAtLeastAsync(destination[..half], half, throwOnEndOfStream: false);
            if (read == half)
                read += await stream.ReadAtLeastAsync(destination[half..], destination.Length - half, throwOnEndOfStream: false);
            return new Answer { File = FileOf(stream.Status), Count = read };
        }
        catch (CacheException e)
        {
            return new Answer { Error = e.Error, MayBeOfReading = true, EndedBelief = e.Error == CacheError.Changed };
        }
    }

    public async ValueTask<Answer> ReadAsync(OpenedFile file, int offset, Memory<byte> destination, bool lent)
    {
        if (file.Handle is not FileStatus status)
            return await ReadAsync(file.Path, offset, destination, lent) with { IsByName = true };
        try
        {
            return new Answer { File = file, Count = await client.ReadAsync(status, offset, destination) };
        }
        catch (CacheException e)
        {
            return new Answer { File = file, Error = e.Error, EndedBelief = e.Error == CacheError.Changed };
        }
    }

    public Task FreeAsync(string path, bool recursive) => client.FreeAsync("/" + path, recursive);

    public async Task<string> PutAsync(string path, byte[] content) => (await client.CreateAsync("/" + path, new MemoryStream(content))).File!.Version.Token;

    public Task DeleteAsync(string path, bool recursive) => client.DeleteAsync("/" + path, recursive);

    public Task MoveAsync(string from, string to) => client.MoveAsync("/" + from, "/" + to);

    public Task MakeDirectoryAsync(string path) => client.CreateDirectoryAsync("/" + path);

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private static OpenedFile FileOf(FileStatus status) => new(status.Path.Value[1..], status.File!.Version.Token, status.Length, status);

    private static Seen SeenOf(FileStatus status) => new(
        status.Path.Value[1..], status.IsDirectory ? Kind.Directory : Kind.File, status.Length, status.File?.Version.Token);
}
