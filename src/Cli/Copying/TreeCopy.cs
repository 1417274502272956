using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Copying;

/// <summary>Copies directories with all they hold, several files at once. A file that fails is counted and the rest goes on; a node or a disk that is gone ends it.</summary>
internal sealed class TreeCopy(NodeClient node, CopyTally tally, int parallel)
{
    /// <summary>From the node to a local directory, which need not exist.</summary>
    public async Task DownloadAsync(string source, string target, Download download, CancellationToken cancellationToken)
    {
        MakeDirectory(target);
        await Parallel.ForEachAsync(FilesAsync(source, target, cancellationToken), Options(cancellationToken), async (file, token) =>
            await CountAsync(() => download.RunAsync(file.Source, file.Target, token)).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>From a local directory to the node.</summary>
    public async Task UploadAsync(string source, string target, Upload upload, CancellationToken cancellationToken)
    {
        Dictionary<string, Entry> there = upload.LooksFirst ? await EntriesAsync(target, cancellationToken).ConfigureAwait(false) : [];
        await Parallel.ForEachAsync(Below(source, target), Options(cancellationToken), async (file, token) =>
            await CountAsync(() => file.IsDirectory
                ? node.GetTextAsync(node.Address.Of("api/v1/mkdir?path=" + Uri.EscapeDataString(file.Target)), token, HttpMethod.Post)
                : upload.RunAsync(file.Source, file.Target, there.GetValueOrDefault(file.Target), token)).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private ParallelOptions Options(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = parallel, CancellationToken = cancellationToken };

    /// <summary>Refusals are counted; what will be the same for the next file is not: no node, no space.</summary>
    private async Task CountAsync(Func<Task> copy)
    {
        try
        {
            await copy().ConfigureAwait(false);
        }
        catch (CommandFailedException e) when (e.ExitCode == ExitCode.Refused || (e.ExitCode == ExitCode.Local && !IsFull(e)))
        {
            tally.Failed(e.Message);
        }
    }

    /// <summary>ENOSPC and EDQUOT, which .NET hands on as HResult.</summary>
    private static bool IsFull(Exception e) => e.InnerException is IOException { HResult: 28 or 122 };

    private async IAsyncEnumerable<(Entry Source, string Target)> FilesAsync(
        string source, string target, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (Entry entry in node.ListAsync(source, recursive: true, cancellationToken).ConfigureAwait(false))
        {
            if (LocalPath(entry.Path, source, target) is not { } local)
                tally.Failed($"'{entry.Path}' is not a name that can be made here.");
            else if (entry.IsDirectory)
                MakeDirectory(local);
            else
                yield return (entry, local);
        }
    }

    /// <summary>Where an entry goes; null where its name would lead out of the target: the node is believed about bytes, not about where they go.</summary>
    private static string? LocalPath(string path, string source, string target)
    {
        string root = source == "/" ? "/" : source + "/";
        if (!path.StartsWith(root, StringComparison.Ordinal))
            return null;
        string below = path[root.Length..];
        return below.Split('/').Any(name => name is "" or "." or ".." || name.Contains('\0')) ? null : Path.Combine(target, below);
    }

    /// <summary>Files, and directories that hold nothing: the others come into being with their files. Links to directories are not followed, since they may lead in circles.</summary>
    private IEnumerable<(string Source, string Target, bool IsDirectory)> Below(string source, string target)
    {
        bool empty = true;
        foreach (FileSystemInfo entry in EntriesOf(source))
        {
            empty = false;
            string to = Place.Below(target, entry.Name);
            if (entry is FileInfo)
                yield return (entry.FullName, to, false);
            else if (entry.LinkTarget is not null)
                tally.Failed($"'{entry.FullName}' is a link to a directory; copy what it leads to by its own name.");
            else
            {
                foreach ((string, string, bool) below in Below(entry.FullName, to))
                    yield return below;
            }
        }
        if (empty)
            yield return (source, target, true);
    }

    private FileSystemInfo[] EntriesOf(string directory)
    {
        try
        {
            return new DirectoryInfo(directory).GetFileSystemInfos();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            tally.Failed(CommandFailedException.Local(directory, "read", e).Message);
            return [];
        }
    }

    /// <summary>What is at the target already, asked once instead of once per file.</summary>
    private async Task<Dictionary<string, Entry>> EntriesAsync(string target, CancellationToken cancellationToken)
    {
        var there = new Dictionary<string, Entry>();
        try
        {
            await foreach (Entry entry in node.ListAsync(target, recursive: true, cancellationToken).ConfigureAwait(false))
                there[entry.Path] = entry;
        }
        catch (CommandFailedException e) when (e.Error == "not-found")
        {
            // The target is new.
        }
        return there;
    }

    public static void MakeDirectory(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailedException.Local(path, "made a directory", e);
        }
    }
}
