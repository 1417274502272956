using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.S3;

/// <summary>The requests for the bytes and the status of one object: nearly all that a busy node sends, and the ones that are made without the SDK where that can be (decision 0008).</summary>
/// <remarks>Failures are <see cref="StoreException"/>s, or what <see cref="S3Failures"/> makes them of.</remarks>
internal interface IS3Objects
{
    /// <exception cref="StoreException">NotFound, and others.</exception>
    Task<ObjectStatus> HeadAsync(string name, CancellationToken cancellationToken);

    /// <param name="name">The object.</param>
    /// <param name="ifMatch">ETag that is demanded, with its quotes; null: none.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">At least one.</param>
    /// <param name="isDescribed">With <see cref="ObjectBody.Status"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<ObjectBody> GetAsync(string name, string? ifMatch, long offset, long length, bool isDescribed, CancellationToken cancellationToken);

    /// <summary>The ETag; null: the answer has none.</summary>
    Task<string?> PutAsync(
        string name, ReadOnlyMemory<byte> content, S3Condition condition, UfsAttributes? attributes, string? sha256, CancellationToken cancellationToken);

    /// <summary>The ETag; null: the answer has none.</summary>
    Task<string?> PutPartAsync(string name, string upload, int number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);
}

/// <summary>What a write demands, as headers say it; null: nothing.</summary>
internal readonly record struct S3Condition(string? IfNoneMatch, string? IfMatch)
{
    public bool IsNone => IfNoneMatch is null && IfMatch is null;
}
