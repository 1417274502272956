using Microsoft.Extensions.Logging;
using Orleans.Cache.Files;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Loading;

/// <summary>
/// The load jobs of a node: each brings a file, or everything below a directory, into the cache ahead of its readers.
/// Invariants:
/// - at most one job of a path is active, and at most <see cref="CacheLimits.MaxLoadJobs"/> in all;
/// - at most <see cref="CacheLimits.MaxLoadJobsRemembered"/> are remembered, the active ones always.
/// Jobs live as long as the process: after a restart they are submitted again, and find what is there.
/// </summary>
/// <param name="files">What is loaded; the owner of each stripe loads it into its own store.</param>
/// <param name="room">Room of the stores that take the pages, asked before a job and after it.</param>
/// <param name="limits">Bounds everything.</param>
/// <param name="time">Times the jobs.</param>
/// <param name="log">Told how jobs end.</param>
public sealed class LoadJobs(CacheFileSystem files, Func<Task<StoreRoom>> room, CacheLimits limits, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private readonly Lock _gate = new();

    // In the order of their submission.
    private readonly List<(LoadJob Job, Task Run)> _jobs = [];
    private bool _disposed;

    /// <summary>All jobs remembered, the latest last.</summary>
    public IReadOnlyList<LoadProgress> All
    {
        get
        {
            lock (_gate)
                return [.. _jobs.Select(j => j.Job.Progress)];
        }
    }

    /// <summary>Starts a job, or joins the one of the same path that is active. A path that is not there makes a job that fails.</summary>
    /// <exception cref="CacheException">Overloaded: too many are active.</exception>
    public LoadProgress Submit(CachePath path)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (Latest(path) is { IsActive: true } active)
                return active.Progress;
            if (_jobs.Count(j => !j.Run.IsCompleted) >= limits.MaxLoadJobs)
                throw new CacheException(CacheError.Overloaded, $"{limits.MaxLoadJobs} load jobs run already; wait for one to end, or stop one.");
            Forget(path);
            var job = new LoadJob(path, files, room, limits, time, log);
            LoadProgress begun = job.Progress;
            _jobs.Add((job, Task.Run(job.RunAsync)));
            return begun;
        }
    }

    /// <summary>The latest job of a path; null where none is remembered.</summary>
    public LoadProgress? Find(CachePath path)
    {
        lock (_gate)
            return Latest(path)?.Progress;
    }

    /// <summary>Stops the active job of a path. What is loaded stays. False where none is active.</summary>
    public bool Stop(CachePath path)
    {
        // Under the gate, so that nobody forgets the job meanwhile.
        lock (_gate)
        {
            if (Latest(path) is not { IsActive: true } active)
                return false;
            active.Stop();
            return true;
        }
    }

    /// <summary>Completes when the jobs that run now have ended.</summary>
    public Task EndedAsync()
    {
        lock (_gate)
            return Task.WhenAll(_jobs.Select(j => j.Run));
    }

    /// <summary>Stops all jobs and waits until nothing of them is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _disposed = true;
        foreach ((LoadJob job, _) in _jobs)
            job.Stop();
        await EndedAsync().ConfigureAwait(false);
        foreach ((LoadJob job, _) in _jobs)
            job.Dispose();
    }

    private LoadJob? Latest(CachePath path) => _jobs.FindLast(j => j.Job.Path == path).Job;

    /// <summary>Makes room for a job of that path: its predecessor goes, then whoever ended and is the oldest.</summary>
    private void Forget(CachePath path)
    {
        Remove(_jobs.FindIndex(j => j.Job.Path == path && j.Run.IsCompleted));
        if (_jobs.Count >= limits.MaxLoadJobsRemembered)
            Remove(_jobs.FindIndex(j => j.Run.IsCompleted));
    }

    private void Remove(int index)
    {
        if (index < 0)
            return;
        _jobs[index].Job.Dispose();
        _jobs.RemoveAt(index);
    }
}
