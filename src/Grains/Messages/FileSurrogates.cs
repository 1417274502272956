using Orleans.Cache.Identity;
using Orleans.Cache.Metadata;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Grains.Messages;

/// <summary>A <see cref="FileRef"/> in a message. Its id is computed again where it arrives: nobody can be told a wrong one.</summary>
[GenerateSerializer, Alias("ocache.file-ref")]
internal struct FileRefSurrogate
{
    [Id(0)] public string Identity;
    [Id(1)] public string Key;
    [Id(2)] public string Version;
    [Id(3)] public long Length;
    [Id(4)] public int PageSize;
}

/// <summary>A <see cref="FileStatus"/> in a message.</summary>
[GenerateSerializer, Alias("ocache.file-status")]
internal struct FileStatusSurrogate
{
    [Id(0)] public string Path;
    [Id(1)] public DateTimeOffset LastModified;
    [Id(2)] public FileRef? File;
    [Id(3)] public int? Permissions;
    [Id(4)] public uint Owner;
    [Id(5)] public uint Group;
    [Id(6)] public bool IsDescribed;
    [Id(7)] public string? ContentType;
    [Id(8)] public Dictionary<string, string>? Headers;
    [Id(9)] public Dictionary<string, string>? User;
}

[RegisterConverter]
internal sealed class FileRefConverter : IConverter<FileRef, FileRefSurrogate>
{
    public FileRef ConvertFromSurrogate(in FileRefSurrogate surrogate) =>
        new(new UfsIdentity(surrogate.Identity), surrogate.Key, new FileVersion(surrogate.Version), surrogate.Length, surrogate.PageSize);

    public FileRefSurrogate ConvertToSurrogate(in FileRef value) => new()
    {
        Identity = value.Identity.Uri,
        Key = value.Key,
        Version = value.Version.Token,
        Length = value.Length,
        PageSize = value.PageSize,
    };
}

[RegisterConverter]
internal sealed class FileStatusConverter : IConverter<FileStatus, FileStatusSurrogate>
{
    public FileStatus ConvertFromSurrogate(in FileStatusSurrogate surrogate) => new(CachePath.Parse(surrogate.Path), surrogate.LastModified, surrogate.File)
    {
        Posix = surrogate.Permissions is { } permissions ? new PosixAttributes(permissions, surrogate.Owner, surrogate.Group) : null,
        Attributes = !surrogate.IsDescribed ? null
            : surrogate is { ContentType: null, Headers: null, User: null } ? UfsAttributes.None
            : new UfsAttributes { ContentType = surrogate.ContentType, Headers = surrogate.Headers ?? [], User = surrogate.User ?? [] },
    };

    public FileStatusSurrogate ConvertToSurrogate(in FileStatus value) => new()
    {
        Path = value.Path.Value,
        LastModified = value.LastModified,
        File = value.File,
        Permissions = value.Posix?.Permissions,
        Owner = value.Posix?.Owner ?? 0,
        Group = value.Posix?.Group ?? 0,
        IsDescribed = value.Attributes is not null,
        ContentType = value.Attributes?.ContentType,
        Headers = value.Attributes is { Headers.Count: > 0 } headed ? new(headed.Headers) : null,
        User = value.Attributes is { User.Count: > 0 } used ? new(used.User) : null,
    };
}
