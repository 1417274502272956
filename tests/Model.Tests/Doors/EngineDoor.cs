using Orleans.Cache.Files;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Model.Tests.Oracle;
using Orleans.Cache.Pages;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Model.Tests.Doors;

/// <summary>The file API in this process.</summary>
internal sealed class EngineDoor(CacheFileSystem files) : IFrontDoor
{
    private static readonly Dictionary<string, CachePath> Paths = Universe.All.ToDictionary(p => p, p => CachePath.Parse("/" + p));

    public async ValueTask<Seen> StatAsync(string path)
    {
        StatusAnswer answer = await files.TryGetStatusAsync(Paths[path], CancellationToken.None);
        return answer.Status is { } status ? SeenOf(status) with { Remaining = answer.Remaining } : new Seen(path, Kind.Absent, 0, null, answer.Remaining);
    }

    public async ValueTask<List<Seen>> ListAsync(string directory, bool recursive)
    {
        var entries = new List<Seen>();
        await foreach (FileStatus status in files.ListAsync(Paths[directory], recursive, startAfter: null, CancellationToken.None))
            entries.Add(SeenOf(status));
        return entries;
    }

    public async ValueTask<Answer> OpenAsync(string path)
    {
        try
        {
            // As OpenAsync does it, without an exception for each path that is not there.
            if ((await files.TryGetStatusAsync(Paths[path], CancellationToken.None)).Status is not { } status)
                return new Answer { Error = CacheError.NotFound };
            CacheFile file = files.Open(status);
            return new Answer { File = new OpenedFile(path, file.Ref.Version.Token, file.Ref.Length, file) };
        }
        catch (CacheException e)
        {
            return new Answer { Error = e.Error };
        }
    }

    public async ValueTask<Answer> ReadAsync(string path, int offset, Memory<byte> destination, bool lent)
    {
        Answer opened = await OpenAsync(path);
        return opened.File is { } file ? await ReadAsync(file, offset, destination, lent) : opened;
    }

    public async ValueTask<Answer> ReadAsync(OpenedFile file, int offset, Memory<byte> destination, bool lent)
    {
        var opened = (CacheFile)file.Handle!;
        int done = 0;
        int wanted = (int)Math.Clamp(file.Length - offset, 0, destination.Length);
        try
        {
            while (done < wanted)
            {
                int read = lent ? await ReadLentAsync(opened, offset + done, destination[done..wanted]) : 0;
                if (read == 0)
                    read = await opened.ReadAsync(offset + done, destination[done..wanted], wanted - done, CancellationToken.None);
                Assert.InRange(read, 1, wanted - done);
                done += read;
            }
            return new Answer { File = file, Count = done };
        }
        catch (CacheException e)
        {
            return new Answer { File = file, Error = e.Error, EndedBelief = e.Error is CacheError.Changed or CacheError.NotFound or CacheError.IsDirectory };
        }
    }

    public Task FreeAsync(string path, bool recursive) => files.FreeAsync(Paths[path], recursive, CancellationToken.None);

    public async Task<string> PutAsync(string path, byte[] content) =>
        (await files.CreateAsync(Paths[path], new MemoryStream(content), WriteCondition.None, CancellationToken.None)).File!.Version.Token;

    public Task DeleteAsync(string path, bool recursive) => files.DeleteAsync(Paths[path], recursive, CancellationToken.None);

    public Task MoveAsync(string from, string to) => files.RenameAsync(Paths[from], Paths[to], CancellationToken.None);

    public Task MakeDirectoryAsync(string path) => files.CreateDirectoryAsync(Paths[path], CancellationToken.None);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>As the front-ends do it: the page awaited where it is on its way, then from the lent backing file.</summary>
    private static async ValueTask<int> ReadLentAsync(CacheFile file, int offset, Memory<byte> destination)
    {
        using BackingLease? lease = file.TryLease(offset, destination.Length, destination.Length)
            ?? (await file.AwaitPageAsync(offset, CancellationToken.None) ? file.TryLease(offset, destination.Length, destination.Length) : null);
        if (lease is null)
            return 0;
        int read = RandomAccess.Read(lease.File, destination.Span[..(int)lease.Length], lease.Offset);
        Assert.Equal(lease.Length, read);
        return read;
    }

    private static Seen SeenOf(FileStatus status) => new(
        status.Path.Value[1..], status.IsDirectory ? Kind.Directory : Kind.File, status.Length, status.File?.Version.Token);
}
