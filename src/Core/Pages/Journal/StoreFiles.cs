using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Pages.Journal;

/// <summary>The store's own files in a directory: their names, headers and numbers.</summary>
internal sealed class StoreFiles(string directory, StoreHeader format)
{
    private static readonly (StoreFileKind Kind, string Prefix)[] Prefixes =
        [(StoreFileKind.Journal, "journal-"), (StoreFileKind.Snapshot, "snapshot-"), (StoreFileKind.Names, "names-")];

    private const string TemporarySuffix = ".tmp";

    public string Directory { get; } = directory;

    public StoreHeader Format { get; } = format;

    public string PathOf(StoreFileKind kind, long sequence) =>
        Path.Combine(Directory, Prefixes.First(p => p.Kind == kind).Prefix + sequence.ToString(CultureInfo.InvariantCulture));

    /// <summary>Numbers of all files of a kind, ascending.</summary>
    public IReadOnlyList<long> Sequences(StoreFileKind kind)
    {
        string prefix = Prefixes.First(p => p.Kind == kind).Prefix;
        var found = new List<long>();
        foreach (string path in System.IO.Directory.EnumerateFiles(Directory, prefix + "*"))
        {
            if (long.TryParse(Path.GetFileName(path.AsSpan())[prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out long sequence))
                found.Add(sequence);
        }
        found.Sort();
        return found;
    }

    /// <summary>Creates a file that holds its header only.</summary>
    public SafeFileHandle Create(StoreFileKind kind, long sequence, bool temporary = false)
    {
        string path = PathOf(kind, sequence) + (temporary ? TemporarySuffix : "");
        SafeFileHandle file = File.OpenHandle(path, temporary ? FileMode.Create : FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(file, Format.For(kind, sequence).ToBytes(), 0);
        return file;
    }

    /// <summary>Opens a file whose header is good; null for one that is not ours or damaged in its head.</summary>
    public SafeFileHandle? TryOpen(StoreFileKind kind, long sequence)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(PathOf(kind, sequence), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (IOException)
        {
            return null;
        }
        Span<byte> head = stackalloc byte[StoreHeader.Size];
        if (RandomAccess.Read(file, head, 0) == StoreHeader.Size && StoreHeader.TryRead(head, out StoreHeader header)
            && header == Format.For(kind, sequence))
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>Gives a finished temporary file its name, in a way that survives the machine.</summary>
    public void Publish(StoreFileKind kind, long sequence)
    {
        File.Move(PathOf(kind, sequence) + TemporarySuffix, PathOf(kind, sequence), overwrite: true);
        LinuxFiles.SyncDirectory(Directory);
    }

    /// <summary>Deletes the files of a kind numbered below <paramref name="sequence"/>.</summary>
    public void DeleteBelow(StoreFileKind kind, long sequence)
    {
        foreach (long old in Sequences(kind))
        {
            if (old < sequence)
                File.Delete(PathOf(kind, old));
        }
    }

    /// <summary>Deletes what a crash in the middle of a snapshot left.</summary>
    public void DeleteTemporaries()
    {
        foreach (string path in System.IO.Directory.EnumerateFiles(Directory, "*" + TemporarySuffix))
            File.Delete(path);
    }
}
