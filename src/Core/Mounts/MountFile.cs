using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Mounts;

/// <summary>A mount as it is kept: what was written when it was added, with references to secrets and no secrets.</summary>
/// <param name="Path">Where it appears.</param>
/// <param name="Uri">The under storage.</param>
/// <param name="Options">As in <c>--mount</c>: <c>rw</c>, <c>ttl=60s</c> ...</param>
public sealed record MountRecord(string Path, string Uri, IReadOnlyList<string> Options)
{
    /// <summary>In a grid the version of the cluster's mounts that brought it, so that all nodes open anew what was replaced by the same; 0 elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Since { get; init; }

    /// <summary>Whether it is written the same, and was brought by the same change.</summary>
    public bool IsSame(MountRecord other) => Since == other.Since && IsWrittenAs(other);

    /// <summary>Whether it is written the same.</summary>
    public bool IsWrittenAs(MountRecord other) => Path == other.Path && Uri == other.Uri && Options.SequenceEqual(other.Options);
}

/// <summary>All mounts that were added, and the version of the table that they are part of.</summary>
public sealed record MountRecords(long Version, IReadOnlyList<MountRecord> Mounts)
{
    public static MountRecords None { get; } = new(1, []);
}

/// <summary>
/// The file beside the page store in which added mounts outlive the process. It is replaced in one step: after a crash it holds
/// the mounts before a change or those after it. Layout in docs/ON_DISK.md.
/// </summary>
public sealed class MountFile(string directory)
{
    public const string Name = "mounts.json";

    private const int Format = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public string Path { get; } = System.IO.Path.Combine(directory, Name);

    /// <summary>What was written last; none where nothing was.</summary>
    /// <exception cref="CacheException">InvalidArgument: the file is not ours, or of a later format.</exception>
    public MountRecords Read()
    {
        if (!File.Exists(Path))
            return MountRecords.None;
        try
        {
            Content content = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(Path), Json) ?? throw new JsonException("It is empty.");
            return content.Format == Format && content.Mounts is not null
                ? new MountRecords(content.Version, content.Mounts)
                : throw new JsonException($"It is of format {content.Format}.");
        }
        catch (JsonException e)
        {
            throw new CacheException(CacheError.InvalidArgument, $"'{Path}' does not hold mounts in a form that is known here ({e.Message}); mend it, or delete it and add the mounts again.", e);
        }
    }

    /// <exception cref="CacheException">NoSpace: it could not be written; the file is as it was.</exception>
    public void Write(MountRecords mounts)
    {
        string next = Path + ".tmp";
        try
        {
            using (FileStream file = File.Create(next))
            {
                JsonSerializer.Serialize(file, new Content(Format, mounts.Version, mounts.Mounts), Json);
                file.Flush(flushToDisk: true);
            }
            File.Move(next, Path, overwrite: true);
            LinuxFiles.SyncDirectory(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CacheException(CacheError.NoSpace, $"The mounts could not be written to '{Path}' ({e.Message}); nothing was changed.", e);
        }
    }

    private sealed record Content(int Format, long Version, IReadOnlyList<MountRecord>? Mounts);
}
