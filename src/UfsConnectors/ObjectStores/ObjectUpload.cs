using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// Sends one content of unknown length: what fits into one part with a single put, more in parts, of which one is read while those before it
/// are sent. Whatever fails, the parts are given up.
/// </summary>
/// <param name="store">The bucket.</param>
/// <param name="policy">How requests are sent.</param>
/// <param name="name">The object.</param>
/// <param name="attributes">As in <see cref="ObjectWrite"/>; null: the store's defaults.</param>
/// <param name="sha256">Of the whole content; null: it is not known.</param>
internal sealed class ObjectUpload(IObjectStore store, RequestPolicy policy, string name, Func<bool, UfsAttributes>? attributes = null, string? sha256 = null)
{
    /// <summary>S3's limit.</summary>
    public const int MaxParts = 10_000;

    /// <summary>Time to tell a store that an upload is given up; one that does not listen keeps the parts until its own rules drop them.</summary>
    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(10);

    private string _upload = "";

    /// <summary>What was sent to be kept beside the bytes; null: nothing.</summary>
    public UfsAttributes? Attributes { get; private set; }

    public bool IsInParts { get; private set; }

    /// <param name="content">Read to its end.</param>
    /// <param name="commit">Given the length and the last step; makes the object visible.</param>
    /// <param name="cancellationToken">Gives the upload up.</param>
    public async Task<UfsStatus> RunAsync(
        Stream content, Func<long, Func<WriteCondition, CancellationToken, Task<FileVersion>>, Task<UfsStatus>> commit, CancellationToken cancellationToken)
    {
        var parts = new PartsUnderWay(SendPartAsync, policy.Limits.UploadBytes, () => policy.HasRoomToSpare, cancellationToken);
        await using (parts.ConfigureAwait(false))
        {
            Memory<byte> first = await parts.NextAsync(PartBytes(1)).ConfigureAwait(false);
            int filled = await FillAsync(content, first, cancellationToken).ConfigureAwait(false);
            if (filled == first.Length)
                return await RunInPartsAsync(content, parts, commit, cancellationToken).ConfigureAwait(false);
            Attributes = attributes?.Invoke(true);
            return await commit(filled, (condition, token) => policy.SendAsync(
                UfsOperation.Put, t => store.PutAsync(name, Counted(first[..filled]), condition, Attributes, sha256, t), token, condition.IsNone, filled)).ConfigureAwait(false);
        }
    }

    /// <summary>The first part is read.</summary>
    private async Task<UfsStatus> RunInPartsAsync(
        Stream content, PartsUnderWay parts, Func<long, Func<WriteCondition, CancellationToken, Task<FileVersion>>, Task<UfsStatus>> commit, CancellationToken cancellationToken)
    {
        IsInParts = true;
        Attributes = attributes?.Invoke(false);
        _upload = await policy.SendAsync(UfsOperation.Put, t => store.BeginUploadAsync(name, Attributes, t), cancellationToken).ConfigureAwait(false);
        try
        {
            long length = 0;
            for (int filled = PartBytes(1); filled > 0;)
            {
                if (parts.Count == MaxParts)
                    throw new CacheException(CacheError.NotSupported, $"The file is longer than the {length} bytes that {MaxParts} parts hold; write it in several files.");
                length += filled;
                bool isLast = filled < PartBytes(parts.Count + 1);
                await parts.BeginAsync(filled).ConfigureAwait(false);
                filled = isLast ? 0 : await FillAsync(content, await parts.NextAsync(PartBytes(parts.Count + 1)).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }
            List<string> tags = await parts.EndAsync().ConfigureAwait(false);
            return await commit(length, (condition, token) => policy.SendAsync(
                UfsOperation.Put, t => store.CommitUploadAsync(name, _upload, tags, condition, t), token, repeatable: false, PartBytes(1))).ConfigureAwait(false);
        }
        catch
        {
            // First the parts: one that ends after its upload was given up could be kept.
            await parts.DisposeAsync().ConfigureAwait(false);
            await AbortAsync(store, policy, name, _upload).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Given the time of all that is under way beside it: they share the line.</summary>
    private Task<string> SendPartAsync(int number, ReadOnlyMemory<byte> part, int underWay, CancellationToken cancellationToken) =>
        policy.SendAsync(UfsOperation.Put, t => store.PutPartAsync(name, _upload, number, Counted(part), t), cancellationToken, uploaded: underWay);

    /// <summary>What is sent, each time that it is sent.</summary>
    private ReadOnlyMemory<byte> Counted(ReadOnlyMemory<byte> content)
    {
        policy.Traffic.Bytes(UfsOperation.Put).Add(content.Length);
        return content;
    }

    /// <summary>Gives an upload up, after some failure or other: this one is told to nobody.</summary>
    public static async Task AbortAsync(IObjectStore store, RequestPolicy policy, string name, string upload)
    {
        using var patience = new CancellationTokenSource(AbortPatience);
        try
        {
            await policy.SendAsync(UfsOperation.Delete, t => store.AbortUploadAsync(name, upload, t), patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StoreException or CacheException or OperationCanceledException)
        {
            // What failed before is what the writer is told.
        }
    }

    private static ValueTask<int> FillAsync(Stream content, Memory<byte> part, CancellationToken cancellationToken) =>
        content.ReadAtLeastAsync(part, part.Length, throwOnEndOfStream: false, cancellationToken);

    /// <summary>Parts grow, so that 10,000 of them hold 640 GiB and a small upload takes little memory.</summary>
    private int PartBytes(int number) => policy.Limits.PartBytes * (number <= 2000 ? 1 : number <= 6000 ? 4 : 16);
}
