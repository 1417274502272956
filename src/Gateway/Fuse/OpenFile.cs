using Orleans.Cache.Files;
using Orleans.Cache.Fuse;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>An open file: one version, read into the memory that leaves for the kernel.</summary>
internal sealed class OpenFile(Inode inode, CacheFile file)
{
    public Inode Inode => inode;

    /// <summary>From here on a read is answered from the store's own memory: of 4 KiB, where waking a thread is what costs, that brought nothing.</summary>
    private const int MappedFrom = 32 * CacheLimits.KiB;

    /// <summary>Answers from the store's own memory; false where not all of it is there.</summary>
    public bool TryRead(long offset, int size, ReadAnswer answer)
    {
        int wanted = (int)Math.Clamp(file.Ref.Length - offset, 0, size);
        if (wanted < MappedFrom || !file.TryMap(offset, wanted, out MappedPages pages))
            return false;
        using (pages)
            answer.Send(pages.Span);
        return true;
    }

    /// <summary>Fills the destination as far as the file goes. Completes synchronously, and allocates nothing, where all is at hand.</summary>
    public ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        int wanted = (int)Math.Clamp(file.Ref.Length - offset, 0, destination.Length);
        for (int done = 0; done < wanted;)
        {
            ValueTask<int> reading = file.ReadAsync(offset + done, destination[done..wanted], wanted - done, cancellationToken);
            if (!reading.IsCompletedSuccessfully)
                return RestAsync(reading, offset, destination[..wanted], done, cancellationToken);
            done += reading.Result;
        }
        return new(wanted);
    }

    private async ValueTask<int> RestAsync(ValueTask<int> reading, long offset, Memory<byte> destination, int done, CancellationToken cancellationToken)
    {
        done += await reading.ConfigureAwait(false);
        while (done < destination.Length)
        {
            done += await file.ReadAsync(offset + done, destination[done..], destination.Length - done, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
        return done;
    }
}
