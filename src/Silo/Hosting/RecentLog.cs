using System.Globalization;
using Orleans.Cache.Gateway.Rest.Inspecting;

namespace Orleans.Cache.Silo.Hosting;

/// <summary>
/// Keeps the last lines of the log in memory, beside what goes to standard error. Of an exception it keeps type and message, not
/// where it was thrown.
/// </summary>
internal sealed class RecentLog(TimeProvider time) : INodeLog
{
    /// <summary>Lines kept: some minutes of a busy node, 2 MiB at most.</summary>
    private const int MaxLines = 1000;

    /// <summary>Characters of a line; more is cut.</summary>
    private const int MaxLength = 1000;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();

    /// <summary>What a logger factory takes, and disposes of: each gets one of its own.</summary>
    public ILoggerProvider NewProvider() => new Provider(this);

    public IReadOnlyList<string> Last(int lines)
    {
        lock (_gate)
            return [.. _lines.Skip(_lines.Count - lines)];
    }

    private void Add(string line)
    {
        string one = line.ReplaceLineEndings(" ");
        lock (_gate)
        {
            if (_lines.Count == MaxLines)
                _lines.Dequeue();
            _lines.Enqueue(one.Length > MaxLength ? one[..MaxLength] + "..." : one);
        }
    }

    private sealed class Provider(RecentLog log) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Writer(log, categoryName);

        public void Dispose()
        {
        }
    }

    private sealed class Writer(RecentLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string failure = exception is null ? "" : $" {exception.GetType().Name}: {exception.Message}";
            log.Add(string.Create(CultureInfo.InvariantCulture,
                $"{log.Now:yyyy-MM-ddTHH:mm:ss.fffZ} {logLevel.ToString().ToLowerInvariant()} {category}: {formatter(state, exception)}{failure}"));
        }
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;
}
