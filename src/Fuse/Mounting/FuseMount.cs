using Microsoft.Extensions.Logging;
using Orleans.Cache.Fuse.Sessions;
using Orleans.Cache.Fuse.Transport;

namespace Orleans.Cache.Fuse.Mounting;

/// <summary>
/// A file system that is mounted and served. Disposed, it is unmounted: new users find it gone at once, files that are open are served for up to
/// <see cref="FuseOptions.DrainTimeout"/>. Where the process dies instead, the kernel ends all requests with an error.
/// </summary>
public sealed class FuseMount : IAsyncDisposable
{
    private readonly MountPoint _point;
    private readonly FuseOptions _options;
    private readonly TimeProvider _time;
    private int _unmounting;

    private FuseMount(MountPoint point, FuseSession session, FuseOptions options, TimeProvider time)
    {
        _point = point;
        _options = options;
        _time = time;
        Session = session;
    }

    public FuseSession Session { get; }

    /// <summary>Its absolute path.</summary>
    public string Path => _point.Path;

    /// <summary>Completes when the mount is gone, whoever unmounted it.</summary>
    public Task Ended => Session.Ended;

    /// <summary>Mounts and begins to serve; returns when the first program may come.</summary>
    /// <param name="path">An existing directory.</param>
    /// <param name="files">What is served.</param>
    /// <param name="options">How.</param>
    /// <param name="time">Deadlines.</param>
    /// <param name="log">Told of failures that are no answers.</param>
    /// <exception cref="FuseException">It cannot be mounted: why, and what to do.</exception>
    public static async Task<FuseMount> MountAsync(string path, IFuseFileSystem files, FuseOptions options, TimeProvider time, ILogger log)
    {
        (MountPoint point, int descriptor) = await MountPoint.MountAsync(path, options).ConfigureAwait(false);
        var session = new FuseSession(new DeviceTransport(descriptor), files, options, time, log);
        var mount = new FuseMount(point, session, options, time);
        session.Start();
        try
        {
            await session.Started.ConfigureAwait(false);
            point.SetReadAhead();
            return mount;
        }
        catch
        {
            await mount.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>How long the kernel takes to end a connection that was aborted.</summary>
    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(5);

    /// <summary>Unmounts and waits for the end. False: files were still open when the time was over; their readers have been told that it is over (ENOTCONN).</summary>
    public async Task<bool> UnmountAsync()
    {
        if (Interlocked.Exchange(ref _unmounting, 1) == 0 && !Ended.IsCompleted && await _point.UnmountAsync(detach: false).ConfigureAwait(false) != 0)
            await _point.UnmountAsync(detach: true).ConfigureAwait(false);
        if (await EndsWithinAsync(_options.DrainTimeout).ConfigureAwait(false))
            return true;
        if (!Session.IsGone && _point.Abort())
            await EndsWithinAsync(AbortPatience).ConfigureAwait(false);
        return false;
    }

    private async Task<bool> EndsWithinAsync(TimeSpan patience)
    {
        using var over = new CancellationTokenSource();
        bool isEnded = await Task.WhenAny(Ended, Task.Delay(patience, _time, over.Token)).ConfigureAwait(false) == Ended;
        await over.CancelAsync().ConfigureAwait(false);
        return isEnded;
    }

    public async ValueTask DisposeAsync()
    {
        await UnmountAsync().ConfigureAwait(false);
        Session.Dispose();
    }
}
