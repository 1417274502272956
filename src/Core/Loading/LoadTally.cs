namespace Orleans.Cache.Loading;

/// <summary>What a load job counts. Safe for concurrent use.</summary>
internal sealed class LoadTally
{
    /// <summary>Errors that are kept to be shown.</summary>
    private const int MaxErrors = 10;

    private readonly Lock _gate = new();
    private readonly List<string> _errors = [];
    private long _filesFound;
    private long _filesDone;
    private long _filesFailed;
    private long _bytesFound;
    private long _bytesDone;
    private long _bytesLoaded;
    private int _failuresInARow;

    public long FilesFound => Interlocked.Read(ref _filesFound);

    public long FilesDone => Interlocked.Read(ref _filesDone);

    public long FilesFailed => Interlocked.Read(ref _filesFailed);

    public long BytesFound => Interlocked.Read(ref _bytesFound);

    public long BytesDone => Interlocked.Read(ref _bytesDone);

    public long BytesLoaded => Interlocked.Read(ref _bytesLoaded);

    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_gate)
                return [.. _errors];
        }
    }

    public void Found(long bytes)
    {
        Interlocked.Increment(ref _filesFound);
        Interlocked.Add(ref _bytesFound, bytes);
    }

    /// <summary>A file turned out longer, or with a negative number shorter, than it was found.</summary>
    public void FoundOther(long bytes) => Interlocked.Add(ref _bytesFound, bytes);

    /// <summary>Bytes are in the cache, some of them fetched. Negative numbers take back what belonged to another version.</summary>
    public void Came(long done, long loaded)
    {
        Interlocked.Add(ref _bytesDone, done);
        Interlocked.Add(ref _bytesLoaded, loaded);
    }

    public void FileDone()
    {
        Interlocked.Increment(ref _filesDone);
        Interlocked.Exchange(ref _failuresInARow, 0);
    }

    /// <summary>A file failed. Gives how many did since one was done.</summary>
    public int FileFailed(string why)
    {
        Interlocked.Increment(ref _filesFailed);
        Error(why);
        return Interlocked.Increment(ref _failuresInARow);
    }

    public void Error(string why)
    {
        lock (_gate)
        {
            if (_errors.Count < MaxErrors)
                _errors.Add(why);
        }
    }
}
