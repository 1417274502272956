using Microsoft.Extensions.Logging;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>
/// Which text an id stands for, for the oldest clients, who name a file by its id alone. Learnt from questions and listings; kept
/// across restarts.
/// Invariants: an id maps to the text that it is the hash of, or to nothing; what that text names, the mount table of the moment says.
/// Two files: texts are added to the younger; when it is full it takes the place of the elder, whose texts are forgotten, except those
/// asked for meanwhile. So between one and two times <see cref="PathsPerFile"/> are known.
/// The lock is held for a look-up in memory, or for a read or write of some hundred bytes in the kernel's page cache.
/// </summary>
internal sealed partial class PathIds(AlluxioOptions options, ILogger<PathIds> log) : IDisposable
{
    public const string FileName = "alluxio-paths";
    public const string ElderName = FileName + "-old";

    /// <summary>Two files of so many cost 12 MB of memory at most.</summary>
    public const int PathsPerFile = 128 * CacheLimits.KiB;

    /// <summary>Bytes of a file before it counts as full whatever it holds: it is read as a whole when the node starts.</summary>
    private const long MaxFileBytes = 32 * CacheLimits.MiB;

    private readonly Lock _gate = new();
    private string? _temporary;
    private PathIdLog? _younger;
    private PathIdLog? _elder;
    private bool _failed;

    /// <summary>Remembers the ids of some texts.</summary>
    public void Learn(params ReadOnlySpan<string> texts)
    {
        lock (_gate)
        {
            if (!TryOpen())
                return;
            foreach (string text in texts)
                Learn(PathId.Of(text), text);
        }
    }

    /// <summary>The text of an id; null where it is not known.</summary>
    public string? Find(in PathId id)
    {
        lock (_gate)
        {
            if (!TryOpen())
                return null;
            if (_younger!.Find(id) is { } text)
                return text;
            if (_elder!.Find(id) is { } old)
            {
                Learn(id, old);
                return old;
            }
            return null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            Close();
            _failed = true;
            if (_temporary is not null)
                Directory.Delete(_temporary, recursive: true);
            _temporary = null;
        }
    }

    private void Learn(in PathId id, string text)
    {
        if (_failed || _younger!.Contains(id))
            return;
        try
        {
            _younger.Add(id, text);
            if (_younger.Count >= PathsPerFile || _younger.Length >= MaxFileBytes)
                Rotate();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(e);
        }
    }

    /// <summary>At the first use: most clients never name a file by its id alone.</summary>
    private bool TryOpen()
    {
        if (_younger is not null || _failed)
            return !_failed;
        try
        {
            string directory = options.IdDirectory ?? (_temporary ??= Directory.CreateTempSubdirectory("ocache-paths-").FullName);
            _elder = new PathIdLog(Path.Combine(directory, ElderName));
            _younger = new PathIdLog(Path.Combine(directory, FileName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(e);
        }
        return !_failed;
    }

    private void Rotate()
    {
        string directory = options.IdDirectory ?? _temporary!;
        Close();
        File.Move(Path.Combine(directory, FileName), Path.Combine(directory, ElderName), overwrite: true);
        TryOpen();
    }

    private void Fail(Exception e)
    {
        LogFailed(e.Message);
        Close();
        _failed = true;
    }

    private void Close()
    {
        _younger?.Dispose();
        _elder?.Dispose();
        (_younger, _elder) = (null, null);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Ids of paths are not remembered any more; only the oldest Alluxio clients need them. {Why}")]
    private partial void LogFailed(string why);
}
