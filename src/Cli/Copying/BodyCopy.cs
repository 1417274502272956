using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Copying;

/// <summary>Copies an answer's body and tells a node that broke off from a target that cannot be written: both are IOExceptions.</summary>
internal sealed class BodyCopy(NodeClient node, Action<long>? transferred = null)
{
    public async Task CopyAsync(Stream body, Stream target, int bufferBytes, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[bufferBytes];
        while (true)
        {
            int read;
            try
            {
                read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                throw node.BrokeOff(e);
            }
            if (read == 0)
                return;
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            transferred?.Invoke(read);
        }
    }
}
