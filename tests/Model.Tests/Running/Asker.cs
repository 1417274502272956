using System.Buffers;
using Orleans.Cache.Model.Tests.Doors;
using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Oracle;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>Asks a front door and compares its answers with the past. One asker asks for one client: it has files open.</summary>
/// <param name="door">Whom to ask.</param>
/// <param name="past">The oracle.</param>
/// <param name="figures">Counts.</param>
/// <param name="takesTurns">Nobody changes the source while a listing is read from it.</param>
internal sealed class Asker(Func<IFrontDoor> door, Past past, Figures figures, bool takesTurns)
{
    private readonly (OpenedFile File, Oracle.Version? Version, Window Window)?[] _open =
        new (OpenedFile, Oracle.Version?, Window)?[Generator.Slots];

    /// <summary>Null where the answer is right, else what is wrong with it.</summary>
    /// <param name="question">What to ask.</param>
    /// <param name="excuse">An error that is right for another reason: it was injected.</param>
    public Task<string?> AskAsync(Question question, CacheError? excuse = null)
    {
        figures.CountOperation();
        return question switch
        {
            Read read => ReadAsync(read, excuse),
            ReadOpen read => ReadOpenAsync(read, excuse),
            Open open => OpenAsync(open, excuse),
            Stat stat => StatAsync(stat, excuse),
            List list => ListAsync(list, excuse),
            Free free => FreeAsync(free.Path, recursive: false),
            FreeTree tree => FreeAsync(tree.Directory, recursive: true),
            _ => throw new InvalidOperationException($"{question} is no question."),
        };
    }

    private async Task<string?> ReadAsync(Read read, CacheError? excuse)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(read.Length);
        try
        {
            Window window = past.Begin();
            Answer answer = await door().ReadAsync(read.Path, read.Offset, buffer.AsMemory(0, read.Length), read.Lent);
            window = past.End(window);
            Noted(read.Path, answer, window);
            return ComplaintAboutRead(read.Path, answer, read.Offset, buffer.AsMemory(0, read.Length), window, excuse);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<string?> OpenAsync(Open open, CacheError? excuse)
    {
        Window window = past.Begin();
        Answer answer = await door().OpenAsync(open.Path);
        window = past.End(window);
        _open[open.Slot] = null;
        if (answer.Error is { } error)
            return error == excuse ? Right() : past.ComplaintAboutOpenError(open.Path, error, window);
        OpenedFile file = answer.File!;
        Oracle.Version? version = past.Opened(open.Path, file.Token, file.Length, window);
        _open[open.Slot] = (file, past.TokensCount ? version : null, window);
        return version is null ? $"{file} was opened in {window}, which {past.Freshness} does not allow; {past.Describe(open.Path)}" : null;
    }

    private async Task<string?> ReadOpenAsync(ReadOpen read, CacheError? excuse)
    {
        if (_open[read.Slot] is not { } open)
            return null;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(read.Length);
        try
        {
            Window window = past.Begin();
            Answer answer = await door().ReadAsync(open.File, read.Offset, buffer.AsMemory(0, read.Length), lent: read.Offset % 2 == 0);
            window = past.End(window);
            Noted(open.File.Path, answer, window);
            if (answer.IsByName)
                return ComplaintAboutRead(open.File.Path, answer, read.Offset, buffer.AsMemory(0, read.Length), window, excuse);
            // What may have been opened is a question of then, what may be answered one of now.
            Window since = open.Window with { End = window.End };
            return answer.Error is { } error
                ? ComplaintAboutError(open.File.Path, answer, error, open.Version, since, excuse)
                : ComplaintAboutBytes(answer, read.Offset, buffer.AsMemory(0, read.Length), open.Version, open.Window);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<string?> StatAsync(Stat stat, CacheError? excuse)
    {
        Window window = past.Begin();
        try
        {
            Seen seen = await door().StatAsync(stat.Path);
            return past.ComplaintAboutStatus(seen, past.End(window));
        }
        catch (CacheException e)
        {
            return e.Error == excuse ? Right() : $"status of {stat.Path} failed with {e.Error}, which nothing explains: {e.Message}";
        }
    }

    private async Task<string?> ListAsync(List list, CacheError? excuse)
    {
        Window window = past.Begin();
        try
        {
            List<Seen> entries = await door().ListAsync(list.Directory, list.Recursive);
            window = past.End(window);
            return past.Check(check => ComplaintAboutListing(check, list, entries, window));
        }
        catch (CacheException e)
        {
            window = past.End(window);
            return e.Error == excuse ? Right() : Right() ?? past.Check(check => check.ComplaintAboutError(list.Directory, e.Error, window));
        }
    }

    private string? ComplaintAboutListing(ListingCheck check, List list, List<Seen> entries, Window window)
    {
        if (!list.Recursive)
            return check.Complaint(list.Directory, entries, window, takesTurns);
        // A directory that was listed but is gone when it is entered is passed over, so what one moment was is not asked.
        foreach (string directory in entries.Where(e => e.Kind == Kind.Directory).Select(e => e.Path).Append(list.Directory))
        {
            List<Seen> within = [.. entries.Where(e => Universe.ParentOf(e.Path) == directory)];
            if (check.Complaint(directory, within, window, ofOneMoment: takesTurns) is { } complaint)
                return complaint;
        }
        return null;
    }

    private async Task<string?> FreeAsync(string path, bool recursive)
    {
        if (!recursive && past.Now(path).Kind == Kind.Directory)
            return null;
        Window window = past.Begin();
        try
        {
            await door().FreeAsync(path, recursive);
        }
        catch (CacheException e) when (e.Error == CacheError.NodeUnreachable)
        {
            // A node of a cluster is gone, so the free promises nothing.
            return Right();
        }
        past.EndBelief(path, recursive, past.End(window));
        return null;
    }

    /// <summary>Of a read that opened the path itself.</summary>
    private string? ComplaintAboutRead(string path, Answer answer, int offset, ReadOnlyMemory<byte> buffer, Window window, CacheError? excuse)
    {
        Oracle.Version? version = null;
        if (answer.File is { } file && past.TokensCount)
        {
            version = past.Opened(path, file.Token, file.Length, window);
            if (version is null)
                return $"{file} was opened in {window}, which {past.Freshness} does not allow; {past.Describe(path)}";
        }
        return answer.Error is { } error
            ? ComplaintAboutError(path, answer, error, version, window, excuse)
            : ComplaintAboutBytes(answer, offset, buffer, version, window);
    }

    private string? ComplaintAboutError(string path, Answer answer, CacheError error, Oracle.Version? version, Window window, CacheError? excuse)
    {
        figures.CountError();
        if (error == excuse || (answer.WasCut && excuse is not null))
            return null;
        bool isOfReading = answer.File is not null || answer.MayBeOfReading;
        bool saysThatItLeft = error is CacheError.Changed or CacheError.NotFound or CacheError.IsDirectory;
        if (isOfReading && saysThatItLeft && (version is null ? past.MayHaveLeft(path, window) : past.HadLeft(version, window)))
            return null;
        return answer.File is null
            ? past.ComplaintAboutOpenError(path, error, window)
            : $"reading {answer.File} failed with {error} in {window}, which nothing explains; {past.Describe(path)}";
    }

    private string? ComplaintAboutBytes(Answer answer, int offset, ReadOnlyMemory<byte> buffer, Oracle.Version? version, Window window)
    {
        OpenedFile file = answer.File!;
        long expected = Math.Clamp(file.Length - offset, 0, buffer.Length);
        if (answer.Count != expected)
            return $"{answer.Count} bytes at {offset} of {file}, not {expected}";
        figures.CountBytes(answer.Count);
        ReadOnlyMemory<byte> bytes = buffer[..answer.Count];
        bool right = version is null
            ? past.IsContent(file.Path, file.Length, offset, bytes, window)
            : bytes.Span.SequenceEqual(version.Content.AsSpan((int)Math.Min(offset, file.Length), answer.Count));
        return right ? null : $"{answer.Count} bytes at {offset} of {file} in {window} are not its content{WhereTheyDiffer(version, offset, bytes.Span)}; "
            + past.Describe(file.Path);
    }

    private static string WhereTheyDiffer(Oracle.Version? version, int offset, ReadOnlySpan<byte> bytes)
    {
        if (version is null)
            return "";
        int at = bytes.CommonPrefixLength(version.Content.AsSpan(offset));
        return $" from {offset + at} on ({Convert.ToHexString(bytes[at..Math.Min(at + 16, bytes.Length)])})";
    }

    private void Noted(string path, Answer answer, Window window)
    {
        if (answer.EndedBelief)
            past.EndBelief(path, recursive: false, window);
    }

    private string? Right()
    {
        figures.CountError();
        return null;
    }
}
