using System.Text.Json.Serialization;
using Orleans.Cache.Filling;
using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.Pages;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Client.Nodes;

/// <summary>A <see cref="FileRef"/> on the wire.</summary>
internal sealed record FileRefMessage(string Identity, string Key, string Version, long Length, int PageSize)
{
    public static FileRefMessage Of(FileRef file) => new(file.Identity.Uri, file.Key, file.Version.Token, file.Length, file.PageSize);

    public FileRef ToFileRef() => new(new UfsIdentity(Identity), Key, new FileVersion(Version), Length, PageSize);
}

/// <summary>A <see cref="FileStatus"/> on the wire.</summary>
/// <param name="Path">Its path.</param>
/// <param name="LastModified">As the under storage says.</param>
/// <param name="File">Null: a directory.</param>
/// <param name="Posix">Owner and mode.</param>
/// <param name="Attributes">What is kept beside the bytes, where that is anything.</param>
/// <param name="Undescribed">True: what is kept beside the bytes was not told.</param>
internal sealed record StatusMessage(
    string Path, DateTimeOffset LastModified, FileRefMessage? File, PosixAttributes? Posix = null, UfsAttributes? Attributes = null, bool? Undescribed = null)
{
    public static StatusMessage Of(FileStatus status) => new(
        status.Path.Value, status.LastModified, status.File is { } file ? FileRefMessage.Of(file) : null, status.Posix,
        status.Attributes == UfsAttributes.None ? null : status.Attributes, status.Attributes is null ? true : null);

    public FileStatus ToStatus() => new(CachePath.Parse(Path), LastModified, File?.ToFileRef())
    {
        Posix = Posix,
        Attributes = Undescribed == true ? null : Attributes ?? UfsAttributes.None,
    };
}

/// <summary>A <see cref="StatusAnswer"/> on the wire. Ticks: what is left of the validity; <see cref="long.MaxValue"/> for ever.</summary>
internal sealed record StatusAnswerMessage(StatusMessage? Status, long RemainingTicks)
{
    public static StatusAnswerMessage Of(in StatusAnswer answer) =>
        new(answer.Status is { } status ? StatusMessage.Of(status) : null, answer.Remaining.Ticks);

    public StatusAnswer ToAnswer() => new(Status?.ToStatus(), TimeSpan.FromTicks(RemainingTicks));
}

internal sealed record CachedMessage(long Bytes);

/// <summary>A <see cref="RecalledStatus"/> on the wire; Answer null: the node would ask.</summary>
internal sealed record RecalledMessage(StatusAnswerMessage? Answer, long AgeTicks)
{
    public static RecalledMessage Of(RecalledStatus? recalled) =>
        recalled is { } known ? new(StatusAnswerMessage.Of(known.Answer), known.Age.Ticks) : new(null, 0);

    public RecalledStatus? ToRecalled() => Answer is null ? null : new(Answer.ToAnswer(), TimeSpan.FromTicks(AgeTicks));
}

internal sealed record DroppedMessage(long Files, long Pages, long Bytes)
{
    public static DroppedMessage Of(in DroppedPages dropped) => new(dropped.Files, dropped.Pages, dropped.Bytes);

    public DroppedPages ToDropped() => new(Files, Pages, Bytes);
}

/// <summary>Who a node is and whether requests may go to it.</summary>
/// <param name="Name">Its stable name.</param>
/// <param name="State">"ready", or why not: "starting", "draining".</param>
/// <param name="Mounts">Hash of its mount table: nodes whose tables differ do not serve each other.</param>
/// <param name="Ring">Fingerprint of the ring it routes by.</param>
internal sealed record PingMessage(string Name, string State, string Mounts, string Ring)
{
    public const string Ready = "ready";
}

/// <summary>The text that an id of Alluxio's dialect is the hash of.</summary>
internal sealed record PathOfIdMessage(string? UfsFullPath);

/// <summary>The part of a problem+json answer that a program needs.</summary>
internal sealed record ProblemMessage(string? Error, string? Detail);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatusAnswerMessage))]
[JsonSerializable(typeof(CachedMessage))]
[JsonSerializable(typeof(DroppedMessage))]
[JsonSerializable(typeof(RecalledMessage))]
[JsonSerializable(typeof(LoadedPages))]
[JsonSerializable(typeof(PageMap))]
[JsonSerializable(typeof(PingMessage))]
[JsonSerializable(typeof(PathOfIdMessage))]
[JsonSerializable(typeof(ProblemMessage))]
internal sealed partial class PeerJson : JsonSerializerContext;
