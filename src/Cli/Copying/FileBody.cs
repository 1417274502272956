using System.Net;

namespace Orleans.Cache.Cli.Copying;

/// <summary>
/// A request's body read from a local file or a pipe. A local file that cannot be read on fails as such, not as a node that
/// broke off, and what was announced is what is sent: a file that shrank meanwhile is an error, one that grew is cut.
/// </summary>
/// <param name="stream">Read from where it is; not disposed.</param>
/// <param name="name">For messages.</param>
/// <param name="length">Bytes to send; null for all there is.</param>
/// <param name="transferred">Told of each piece.</param>
internal sealed class FileBody(Stream stream, string name, long? length, Action<long> transferred) : HttpContent
{
    /// <summary>Bytes sent at a time.</summary>
    private const int BufferBytes = 256 * 1024;

    protected override Task SerializeToStreamAsync(Stream target, TransportContext? context) => SerializeToStreamAsync(target, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream target, TransportContext? context, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        long left = length ?? long.MaxValue;
        while (left > 0)
        {
            int read = await ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                break;
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            left -= read;
            transferred(read);
        }
        if (length is not null && left > 0)
            throw new CommandFailedException(ExitCode.Local, $"'{name}' became shorter while it was read; nothing was written, try again.");
    }

    protected override bool TryComputeLength(out long bytes)
    {
        bytes = length ?? 0;
        return length is not null;
    }

    private async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw CommandFailedException.Local(name, "read", e);
        }
    }
}
