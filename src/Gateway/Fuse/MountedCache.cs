using System.Globalization;
using Microsoft.Extensions.Logging;
using Orleans.Cache.Files;
using Orleans.Cache.Fuse;
using Orleans.Cache.Fuse.Mounting;
using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Sessions;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>The cache, mounted. Disposed, it is unmounted, and what is open gets some seconds to end.</summary>
public sealed class MountedCache : IAsyncDisposable
{
    private readonly FuseMount _mount;
    private readonly CacheMount _files;

    private MountedCache(FuseMount mount, CacheMount files)
    {
        _mount = mount;
        _files = files;
    }

    /// <summary>Where.</summary>
    public string Path => _mount.Path;

    /// <summary>Completes when the mount is gone, whoever unmounted it.</summary>
    public Task Ended => _mount.Ended;

    /// <summary>Mounts and serves a cache.</summary>
    /// <param name="path">An existing directory.</param>
    /// <param name="files">The cache.</param>
    /// <param name="store">Pages of this machine; null: none.</param>
    /// <param name="view">How files look.</param>
    /// <param name="options">How it is mounted.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="log">Told of what fails.</param>
    /// <exception cref="CacheException">InvalidArgument: it cannot be mounted; why, and what to do.</exception>
    public static async Task<MountedCache> MountAsync(
        string path, CacheFileSystem files, IPageStore? store, CacheMountOptions view, FuseOptions options, TimeProvider time, ILogger log)
    {
        var served = new CacheMount(files, store, view, time);
        try
        {
            FuseMount mount = await FuseMount.MountAsync(path, served, options, time, log).ConfigureAwait(false);
            var logs = new AccessLogs(mount.Session, served.PathOf, time);
            served.Control.Listen = logs.Add;
            served.Control.Report = () => Report(mount.Session, served.Figures);
            return new MountedCache(mount, served);
        }
        catch (FuseException e)
        {
            throw new CacheException(CacheError.InvalidArgument, e.Message, e);
        }
    }

    /// <summary>A path has changed, or may have.</summary>
    public void Forget(CachePath path, bool recursive) => _files.Forget(path, recursive);

    public ValueTask DisposeAsync() => _mount.DisposeAsync();

    /// <summary>Lines of a name and a number.</summary>
    private static string Report(FuseSession session, CacheMountFigures figures)
    {
        (string Name, long Value)[] lines =
        [
            ("inodes", figures.Inodes),
            ("open_files", figures.OpenFiles),
            ("open_directories", figures.OpenDirectories),
            ("passthrough_files", figures.HandedFiles),
            ("passthrough_opens", figures.HandedOpens),
            ("mapped_reads", figures.MappedReads),
            ("requests_pending", session.Pending),
            ("bytes_read", session.Counters.BytesRead),
            ("failures", session.Counters.Failures),
            ("timeouts", session.Counters.TimedOut),
            .. Enum.GetValues<Opcode>().Where(code => session.Counters.Of(code) > 0).Select(code => ("requests_" + code.ToString().ToLowerInvariant(), session.Counters.Of(code))),
        ];
        return string.Concat(lines.Select(line => string.Create(CultureInfo.InvariantCulture, $"{line.Name} {line.Value}\n")));
    }
}
