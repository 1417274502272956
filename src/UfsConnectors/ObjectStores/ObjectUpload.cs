using System.Buffers;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.ObjectStores;

/// <summary>
/// Sends one content of unknown length: what fits into one part with a single put, more in parts, of which one is read while the one before is
/// sent. Whatever fails, the parts are given up.
/// </summary>
/// <param name="store">The bucket.</param>
/// <param name="policy">How requests are sent.</param>
/// <param name="name">The object.</param>
/// <param name="attributes">As in <see cref="ObjectWrite"/>; null: the store's defaults.</param>
/// <param name="sha256">Of the whole content; null: it is not known.</param>
internal sealed class ObjectUpload(IObjectStore store, RequestPolicy policy, string name, Func<bool, UfsAttributes>? attributes = null, string? sha256 = null)
{
    /// <summary>S3's limit.</summary>
    private const int MaxParts = 10_000;

    /// <summary>Time to tell a store that an upload is given up; one that does not listen keeps the parts until its own rules drop them.</summary>
    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(10);

    /// <summary>What was sent to be kept beside the bytes; null: nothing.</summary>
    public UfsAttributes? Attributes { get; private set; }

    public bool IsInParts { get; private set; }

    /// <param name="content">Read to its end.</param>
    /// <param name="commit">Given the length and the last step; makes the object visible.</param>
    /// <param name="cancellationToken">Gives the upload up.</param>
    public async Task<UfsStatus> RunAsync(
        Stream content, Func<long, Func<WriteCondition, CancellationToken, Task<FileVersion>>, Task<UfsStatus>> commit, CancellationToken cancellationToken)
    {
        byte[] first = ArrayPool<byte>.Shared.Rent(PartBytes(1));
        try
        {
            int filled = await FillAsync(content, first, 1, cancellationToken).ConfigureAwait(false);
            if (filled == PartBytes(1))
                return await RunInPartsAsync(content, first, commit, cancellationToken).ConfigureAwait(false);
            Attributes = attributes?.Invoke(true);
            return await commit(filled, (condition, token) => policy.SendAsync(
                UfsOperation.Put, t => store.PutAsync(name, first.AsMemory(0, filled), condition, Attributes, sha256, t), token, condition.IsNone, filled)).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(first);
        }
    }

    private async Task<UfsStatus> RunInPartsAsync(
        Stream content, byte[] first, Func<long, Func<WriteCondition, CancellationToken, Task<FileVersion>>, Task<UfsStatus>> commit, CancellationToken cancellationToken)
    {
        IsInParts = true;
        Attributes = attributes?.Invoke(false);
        string upload = await policy.SendAsync(UfsOperation.Put, t => store.BeginUploadAsync(name, Attributes, t), cancellationToken).ConfigureAwait(false);
        try
        {
            (List<string> parts, long length) = await SendPartsAsync(content, first, upload, cancellationToken).ConfigureAwait(false);
            return await commit(length, (condition, token) => policy.SendAsync(
                UfsOperation.Put, t => store.CommitUploadAsync(name, upload, parts, condition, t), token, repeatable: false, PartBytes(1))).ConfigureAwait(false);
        }
        catch
        {
            await AbortAsync(upload).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<(List<string> Parts, long Length)> SendPartsAsync(Stream content, byte[] first, string upload, CancellationToken cancellationToken)
    {
        var parts = new List<string>();
        byte[] current = first, next = [];
        int filled = PartBytes(1);
        long length = 0;
        try
        {
            for (int number = 1; filled > 0; number++)
            {
                if (number > MaxParts)
                    throw new CacheException(CacheError.NotSupported, $"The file is longer than the {length} bytes that {MaxParts} parts hold; write it in several files.");
                length += filled;
                Task<string> sending = SendPartAsync(upload, number, current.AsMemory(0, filled), cancellationToken);
                try
                {
                    next = Fit(next, first, PartBytes(number + 1));
                    filled = filled < PartBytes(number) ? 0 : await FillAsync(content, next, number + 1, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    // Also where the content broke off: the part that is being sent reads its buffer.
                    await ((Task)sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                parts.Add(await sending.ConfigureAwait(false));
                (current, next) = (next, current);
            }
            return (parts, length);
        }
        finally
        {
            foreach (byte[] buffer in (byte[][])[current, next])
            {
                if (buffer != first && buffer.Length > 0)
                    ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private Task<string> SendPartAsync(string upload, int number, ReadOnlyMemory<byte> part, CancellationToken cancellationToken) =>
        policy.SendAsync(UfsOperation.Put, t => store.PutPartAsync(name, upload, number, part, t), cancellationToken, uploaded: part.Length);

    private async Task AbortAsync(string upload)
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

    /// <summary>A buffer of at least that size; the first one belongs to the caller.</summary>
    private static byte[] Fit(byte[] buffer, byte[] first, int size)
    {
        if (buffer.Length >= size)
            return buffer;
        if (buffer != first && buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
        return ArrayPool<byte>.Shared.Rent(size);
    }

    private async Task<int> FillAsync(Stream content, byte[] buffer, int number, CancellationToken cancellationToken) =>
        await content.ReadAtLeastAsync(buffer.AsMemory(0, PartBytes(number)), PartBytes(number), throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);

    /// <summary>Parts grow, so that 10,000 of them hold 640 GiB and a small upload takes little memory.</summary>
    private int PartBytes(int number) => policy.Limits.PartBytes * (number <= 2000 ? 1 : number <= 6000 ? 4 : 16);
}
