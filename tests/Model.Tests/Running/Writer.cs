using Orleans.Cache.Model.Tests.Doors;
using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Oracle;
using Orleans.Cache.Model.Tests.Sources;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>
/// Writes through the front door and records what that makes of the source: while a write runs, readers may see the old or the
/// new; once it was answered (or has failed after it was committed), nobody may be answered from before. One at a time, and
/// nobody else changes the source meanwhile. What does not apply to the source as it is does nothing.
/// </summary>
internal sealed class Writer(IBench bench, Past past)
{
    private IFrontDoor Door => bench.Door;

    /// <summary>Null where it went well, else what went wrong.</summary>
    public Task<string?> ApplyAsync(WriteOperation write) => ApplyAsync(write, excuse: null);

    public async Task<string?> ApplyFaultedAsync(FaultedWrite faulted)
    {
        if (!Applies(faulted.Inner))
            return null;
        UfsRequest request = faulted.AfterCommit ? UfsRequest.WriteAnswer : UfsRequest.Write;
        bench.Storage.FailNext(request, 1, CacheError.Unavailable);
        try
        {
            if (faulted.AfterCommit)
                return await ApplyAsync(faulted.Inner, CacheError.Unavailable);
            await Perform(faulted.Inner);
            return $"{faulted.Inner} succeeded although the source failed";
        }
        catch (CacheException e) when (e.Error == CacheError.Unavailable)
        {
            return null;
        }
        finally
        {
            bench.Storage.ClearFailures();
        }
    }

    private async Task<string?> ApplyAsync(WriteOperation write, CacheError? excuse)
    {
        if (!Applies(write))
            return null;
        string[] touched = TouchedBy(write);
        bench.Source.AwaitDistinctToken(touched);
        Oracle.Version? made = null;
        Past.Recorder recorder = past.Start(r => made = Record(r, write));
        string? told = null, failure = null;
        try
        {
            told = await Perform(write);
        }
        catch (CacheException e)
        {
            failure = e.Error == excuse ? null : $"{write} failed with {e.Error}, which nothing explains: {e.Message}";
        }
        bench.Source.NoteChange(touched);
        string? token = made is { Kind: Kind.File } ? bench.Source.TokenOf(touched[^1]) : null;
        past.Finish(recorder, () => SetToken(made, token));
        if (failure is null && write is PutThrough && told is not null && told != token)
            failure = $"{write} was answered with version {told}, but the source holds {token}";
        EndBelief(write);
        return failure;
    }

    private static void SetToken(Oracle.Version? made, string? token)
    {
        if (made is not null)
            made.Token = token;
    }

    private bool Applies(WriteOperation write) => write switch
    {
        PutThrough => true,
        DeleteThrough delete => past.Now(delete.Path).Kind == Kind.File,
        DeleteTreeThrough tree => past.Now(tree.Directory).Kind == Kind.Directory,
        MoveThrough move => past.Now(move.From).Kind == Kind.File && move.From != move.To,
        _ => true,
    };

    /// <summary>The file that the write leaves behind last.</summary>
    private static string[] TouchedBy(WriteOperation write) => write switch
    {
        PutThrough put => [put.Path],
        DeleteThrough delete => [delete.Path],
        MoveThrough move => [move.From, move.To],
        DeleteTreeThrough tree => [.. Within(tree.Directory)],
        _ => [],
    };

    private async Task<string?> Perform(WriteOperation write)
    {
        switch (write)
        {
            case PutThrough put:
                return await Door.PutAsync(put.Path, SourceChanges.ContentOf(put.Seed, put.Length));
            case DeleteThrough delete:
                await Door.DeleteAsync(delete.Path, recursive: false);
                break;
            case DeleteTreeThrough tree:
                await Door.DeleteAsync(tree.Directory, recursive: true);
                break;
            case MoveThrough move:
                await Door.MoveAsync(move.From, move.To);
                break;
            case MakeDirectoryThrough make:
                await Door.MakeDirectoryAsync(make.Directory);
                break;
        }
        return null;
    }

    /// <summary>Gives the file that it makes, if any.</summary>
    private static Oracle.Version? Record(Past.Recorder recorder, WriteOperation write)
    {
        switch (write)
        {
            case PutThrough put:
                SourceChanges.MakeParents(recorder, put.Path);
                return recorder.Became(put.Path, Kind.File, SourceChanges.ContentOf(put.Seed, put.Length));
            case DeleteThrough delete:
                recorder.Became(delete.Path, Kind.Absent);
                break;
            case DeleteTreeThrough tree:
                foreach (string path in Within(tree.Directory).Where(path => recorder.Now(path).Kind != Kind.Absent))
                    recorder.Became(path, Kind.Absent);
                break;
            case MoveThrough move:
                byte[] content = recorder.Now(move.From).Content;
                recorder.Became(move.From, Kind.Absent);
                SourceChanges.MakeParents(recorder, move.To);
                return recorder.Became(move.To, Kind.File, content);
            case MakeDirectoryThrough make when recorder.Now(make.Directory).Kind == Kind.Absent:
                SourceChanges.MakeParents(recorder, make.Directory);
                recorder.Became(make.Directory, Kind.Directory);
                break;
        }
        return null;
    }

    private static IEnumerable<string> Within(string directory) => Universe.All.Where(path => Universe.IsWithin(path, directory));

    /// <summary>After the answer: whoever asks from here on asks anew.</summary>
    private void EndBelief(WriteOperation write)
    {
        (string Path, bool Recursive)[] ended = write switch
        {
            PutThrough put => [(put.Path, false)],
            DeleteThrough delete => [(delete.Path, false)],
            DeleteTreeThrough tree => [(tree.Directory, true)],
            MoveThrough move => [(move.From, true), (move.To, true)],
            MakeDirectoryThrough make => [(make.Directory, false)],
            _ => [],
        };
        Window window = past.End(past.Begin());
        foreach ((string path, bool recursive) in ended)
        {
            past.EndBelief(path, recursive, window);
            for (string above = Universe.ParentOf(path); above.Length > 0; above = Universe.ParentOf(above))
                past.EndBelief(above, recursive: false, window);
        }
    }
}
