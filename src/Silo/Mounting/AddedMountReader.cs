using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.Silo.Configuration;

namespace Orleans.Cache.Silo.Mounting;

/// <summary>Makes added mounts of what was kept of them. Their stores are not asked: they were when the mounts were added, and may be away now.</summary>
internal sealed class AddedMountReader(NodeOptions options, MountOpener opener)
{
    /// <summary>Null, and a line among the problems, where it is none.</summary>
    public static MountOptions? Parse(MountRecord record, string where, List<string> problems)
    {
        if (CachePath.TryParse(record.Path, out CachePath path, out string? error))
            return new MountParser("/", problems).Parse($"{where} {path}", path, record.Uri, record.Options) is { } mount ? mount with { Since = record.Since } : null;
        problems.Add($"{where}: '{record.Path}' is not a path. {error}");
        return null;
    }

    /// <summary>Null, and a line among the problems, where it cannot be opened: a directory that is gone, a secret that is not there.</summary>
    public Mount? Open(MountOptions mount, string where, List<string> problems)
    {
        string[] complaints = [.. LocalDirectories.Complaints(options with { Mounts = [mount] }, MountedFileSystems.Read()).Select(c => c.Replace("--mount", where, StringComparison.Ordinal))];
        problems.AddRange(complaints);
        return complaints.Length == 0 && opener.TryOpen(mount, where, problems) is { } opened ? opened with { IsAdded = true } : null;
    }
}
