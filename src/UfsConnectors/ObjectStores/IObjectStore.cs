using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// The single requests of one bucket or container: each member is one request, sent once. Names are whole names of objects; one that ends
/// with a slash is a directory's marker, whatever that is in the store. What directories are, repetitions, limits and checks of answers is <see cref="ObjectUnderStorage"/>'s.
/// </summary>
/// <remarks>Failures are <see cref="StoreException"/>s; cancellation passes through.</remarks>
internal interface IObjectStore : IDisposable
{
    /// <summary>Scheme, endpoint and bucket, without credentials and trailing slash.</summary>
    string Uri { get; }

    /// <summary>What conditions of writes the store itself honours, as far as known.</summary>
    StoreConditions Conditions { get; }

    /// <summary>Whether an object can have this name: its length, and characters that the store turns into others.</summary>
    bool CanName(string name);

    /// <summary>Versions are hashes of contents.</summary>
    bool VersionsNameContent { get; }

    /// <summary>Statuses tell attributes, and writes keep those that they are given.</summary>
    bool KeepsAttributes { get; }

    /// <summary>Whether a put that succeeds has stored just what was sent: each brings the hash of its content, as it is and not in chunks, which the store compares with what it takes.</summary>
    bool ChecksContent { get; }

    /// <summary>Whether the store itself holds a condition, in one step with a single put, or with the commit of an upload in parts.</summary>
    bool Holds(WriteCondition condition, bool inParts);

    /// <summary>Null where no such object is.</summary>
    Task<ObjectStatus?> GetStatusAsync(string name, CancellationToken cancellationToken);

    /// <summary>A range of an object; the length is at least one. The answer tells what it holds; the caller compares.</summary>
    Task<ObjectBody> OpenAsync(string name, FileVersion? version, long offset, long length, CancellationToken cancellationToken);

    /// <summary>The first bytes of whatever version is there, at most so many, with <see cref="ObjectBody.Status"/>: what <see cref="GetStatusAsync"/> would tell.</summary>
    Task<ObjectBody> OpenFirstAsync(string name, int length, CancellationToken cancellationToken);

    /// <summary>One page, in the store's own lexicographic order, objects and prefixes merged.</summary>
    Task<ObjectPage> ListAsync(ListRequest request, CancellationToken cancellationToken);

    /// <summary>Conditions that the store cannot check are left out: the caller has checked them. Attributes null: the store's defaults.</summary>
    /// <param name="name">The object.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="condition">What must be there.</param>
    /// <param name="attributes">What is kept beside them.</param>
    /// <param name="sha256">Of the bytes, in small hexadecimal digits; null: it is not known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<FileVersion> PutAsync(
        string name, ReadOnlyMemory<byte> content, WriteCondition condition, UfsAttributes? attributes, string? sha256, CancellationToken cancellationToken);

    /// <summary>Begins an upload in parts and names it.</summary>
    Task<string> BeginUploadAsync(string name, UfsAttributes? attributes, CancellationToken cancellationToken);

    /// <summary>Part <paramref name="number"/>, from 1; the answer goes into the commit.</summary>
    Task<string> PutPartAsync(string name, string upload, int number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    Task<FileVersion> CommitUploadAsync(
        string name, string upload, IReadOnlyList<string> parts, WriteCondition condition, CancellationToken cancellationToken);

    /// <summary>Whether there is <see cref="CopyPartAsync"/>.</summary>
    bool CopiesParts => false;

    /// <summary>Whether the store refuses to copy a part from another version than the one that is demanded. Some do not look.</summary>
    bool HoldsVersionsOfCopies => false;

    /// <summary>As <see cref="PutPartAsync"/>, of an object of the bucket that has the version; its bytes do not leave the store.</summary>
    Task<string> CopyPartAsync(string name, string upload, int number, string from, FileVersion version, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task AbortUploadAsync(string name, string upload, CancellationToken cancellationToken);

    /// <summary>Copies inside the bucket, only if the source still has the status's version.</summary>
    Task CopyAsync(ObjectStatus from, string to, CancellationToken cancellationToken);

    /// <summary>An object that is not there is deleted already. Conditions that the store cannot check are left out.</summary>
    Task DeleteAsync(string name, WriteCondition condition, CancellationToken cancellationToken);

    /// <summary>Finds out, by writing and deleting something under <paramref name="name"/>, which conditions the store honours.</summary>
    Task ProbeConditionsAsync(string name, CancellationToken cancellationToken);
}

/// <summary>Which writes the store makes conditional on what is there, in one step with the write.</summary>
internal enum StoreConditions
{
    None,

    /// <summary>Of single puts, but not of uploads in parts.</summary>
    Puts,

    All,
}

/// <summary>An object as a status or listing tells it.</summary>
internal sealed record ObjectStatus(string Name, long Length, DateTimeOffset LastModified, FileVersion Version)
{
    /// <summary>Null: the answer does not tell.</summary>
    public UfsAttributes? Attributes { get; init; }
}

/// <summary>One entry of a page: an object, or a common prefix (Object null), whose name ends with the delimiter.</summary>
internal readonly record struct ObjectEntry(string Name, ObjectStatus? Object);

/// <param name="Entries">In the store's order.</param>
/// <param name="Next">Token of the next page; null at the end.</param>
internal sealed record ObjectPage(IReadOnlyList<ObjectEntry> Entries, string? Next);

/// <param name="Prefix">Only names that begin with it.</param>
/// <param name="Flat">All names; otherwise those with a further slash are rolled up into prefixes.</param>
/// <param name="StartAfter">Only names behind it; a store that cannot gives all.</param>
/// <param name="Token">Of the page before.</param>
/// <param name="MaxEntries">At most so many on the page.</param>
internal sealed record ListRequest(string Prefix, bool Flat, string? StartAfter, string? Token, int MaxEntries);
