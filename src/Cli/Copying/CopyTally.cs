using System.Diagnostics;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Copying;

/// <summary>Counts what a copy does, for its progress and its summary. Several copies count at once.</summary>
internal sealed class CopyTally
{
    /// <summary>Enough to see what is wrong; a thousand lines of the same help nobody.</summary>
    private const int MaxErrors = 10;

    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly List<string> _errors = [];
    private long _files, _skipped, _failed, _bytes, _resumed, _expectedFiles, _expectedBytes;

    public void Expect(long bytes)
    {
        Interlocked.Increment(ref _expectedFiles);
        Interlocked.Add(ref _expectedBytes, bytes);
    }

    public void Transferred(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Resumed(long bytes) => Interlocked.Add(ref _resumed, bytes);

    public void Copied() => Interlocked.Increment(ref _files);

    public void Skipped(long bytes)
    {
        Interlocked.Increment(ref _skipped);
        Interlocked.Add(ref _expectedBytes, -bytes);
    }

    public void Failed(string why)
    {
        Interlocked.Increment(ref _failed);
        lock (_errors)
        {
            if (_errors.Count < MaxErrors)
                _errors.Add(why);
        }
    }

    /// <summary>One line while it goes on.</summary>
    public string Progress()
    {
        long done = Interlocked.Read(ref _files) + Interlocked.Read(ref _skipped) + Interlocked.Read(ref _failed);
        long bytes = Interlocked.Read(ref _bytes);
        double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        return $"{Text.Count(done)} of {Text.Count(Interlocked.Read(ref _expectedFiles))} files, "
            + $"{Text.Size(bytes + Interlocked.Read(ref _resumed))} of {Text.Size(Interlocked.Read(ref _expectedBytes))}, {Text.Size((long)(bytes / seconds))}/s";
    }

    public CopySummary Summary()
    {
        lock (_errors)
        {
            return new CopySummary
            {
                Files = _files,
                Skipped = _skipped,
                Failed = _failed,
                Bytes = _bytes,
                ResumedBytes = _resumed,
                Seconds = Math.Round(Stopwatch.GetElapsedTime(_started).TotalSeconds, 3),
                Errors = [.. _errors],
            };
        }
    }
}
