using Orleans.Cache.Model.Tests.Oracle;

namespace Orleans.Cache.Model.Tests.Doors;

/// <summary>Asks another door each time, so that whatever one of several nodes was told must hold at all of them.</summary>
internal sealed class RotatingDoor(Func<IReadOnlyList<IFrontDoor>> doors) : IFrontDoor
{
    private int _asked;

    public ValueTask<Seen> StatAsync(string path) => Next().StatAsync(path);

    public ValueTask<List<Seen>> ListAsync(string directory, bool recursive) => Next().ListAsync(directory, recursive);

    public ValueTask<Answer> OpenAsync(string path) => Next().OpenAsync(path);

    public ValueTask<Answer> ReadAsync(string path, int offset, Memory<byte> destination, bool lent) => Next().ReadAsync(path, offset, destination, lent);

    public ValueTask<Answer> ReadAsync(OpenedFile file, int offset, Memory<byte> destination, bool lent) => Next().ReadAsync(file, offset, destination, lent);

    public Task FreeAsync(string path, bool recursive) => Next().FreeAsync(path, recursive);

    public Task<string> PutAsync(string path, byte[] content) => Next().PutAsync(path, content);

    public Task DeleteAsync(string path, bool recursive) => Next().DeleteAsync(path, recursive);

    public Task MoveAsync(string from, string to) => Next().MoveAsync(from, to);

    public Task MakeDirectoryAsync(string path) => Next().MakeDirectoryAsync(path);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private IFrontDoor Next()
    {
        IReadOnlyList<IFrontDoor> now = doors();
        return now[(Interlocked.Increment(ref _asked) & int.MaxValue) % now.Count];
    }
}
