using Orleans.Cache.Mounts;
using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Silo.Mounting;

/// <summary>
/// The mounts that a node begins with: those of its configuration, each checked, and those that were added before it was restarted. Those were checked
/// when they were added: a node comes back while a store of theirs is away, and one that cannot even be opened (a directory that is gone, a secret that is not
/// there) is left out until the next start. At one path the configuration counts.
/// </summary>
internal sealed partial class MountsAtStart(NodeOptions options, MountFile file, MountOpener opener, AddedMountReader reader, ILogger log)
{
    /// <exception cref="ConfigurationRefusedException">One line for each mount that cannot be used.</exception>
    /// <exception cref="CacheException">The file of the added ones cannot be read.</exception>
    public async Task OpenAsync(LiveMounts mounts, CancellationToken cancellationToken)
    {
        MountRecords stored = file.Read();
        var problems = new List<string>();
        MountOptions[] added = [.. stored.Mounts.Select(record => Restored(record, problems)).OfType<MountOptions>()];
        var opened = new List<Mount>();
        opened.AddRange(options.Mounts.Select(o => opener.TryOpen(o, "--mount", problems)).OfType<Mount>());
        opened.AddRange(added.Select(Reopened).OfType<Mount>());
        mounts.Begin(stored.Version, opened, [.. added]);
        if (problems.Count == 0)
            problems.AddRange(await MountCheck.RunAsync(options.Mounts, mounts.Table, cancellationToken).ConfigureAwait(false));
        if (problems.Count > 0)
            throw new ConfigurationRefusedException(problems);
    }

    private string StoredAs => $"added mount (in {file.Path})";

    private Mount? Reopened(MountOptions mount)
    {
        var troubles = new List<string>();
        Mount? opened = reader.Open(mount, StoredAs, troubles);
        foreach (string trouble in troubles)
            LogLeftOut(trouble);
        return opened;
    }

    private MountOptions? Restored(MountRecord record, List<string> problems)
    {
        MountOptions? mount = AddedMountReader.Parse(record, StoredAs, problems);
        if (mount is null || options.Mounts.All(m => m.Path != mount.Path))
            return mount;
        LogShadowed(record.Path, file.Path);
        return null;
    }

    [LoggerMessage(LogLevel.Error, "An added mount is not there until it can be opened at a start, or is removed: {Trouble}")]
    private partial void LogLeftOut(string trouble);

    [LoggerMessage(LogLevel.Warning, "A mount at '{Path}' is configured and counts; the one that was added there before is forgotten ({File})")]
    private partial void LogShadowed(string path, string file);
}
