using System.Net.Http.Headers;
using Orleans.Cache.Cli.Copying;
using Orleans.Cache.Cli.Node;

namespace Orleans.Cache.Cli.Commands.Files;

/// <summary>Finds and prints the beginning or the end of one version of a file by ranges; the rest of it is not transferred.</summary>
internal sealed class FileEnd(NodeClient node, Entry file)
{
    /// <summary>Asked for first: ten lines of most files.</summary>
    private const int FirstWindow = 16 * 1024;

    /// <summary>Windows double up to this: memory stays small however long the lines are.</summary>
    private const int MaxWindow = 4 * 1024 * 1024;

    /// <summary>Prints bytes from an offset on.</summary>
    public async Task CopyAsync(long offset, long length, Stream output, CancellationToken cancellationToken)
    {
        if (length <= 0)
            return;
        using HttpResponseMessage response = await node.GetFileAsync(
            file.Path, cancellationToken, new RangeHeaderValue(offset, offset + length - 1), file.Version).ConfigureAwait(false);
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
            await new BodyCopy(node).CopyAsync(body, output, FirstWindow, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Prints the first lines.</summary>
    public async Task CopyFirstLinesAsync(long lines, Stream output, CancellationToken cancellationToken)
    {
        int window = FirstWindow;
        for (long offset = 0; offset < file.Length && lines > 0; window = Math.Min(2 * window, MaxWindow))
        {
            byte[] bytes = await ReadAsync(offset, window, cancellationToken).ConfigureAwait(false);
            int end = 0;
            for (; lines > 0 && end < bytes.Length; lines--)
            {
                int newline = bytes.AsSpan(end).IndexOf((byte)'\n');
                if (newline < 0)
                {
                    end = bytes.Length;
                    break;
                }
                end += newline + 1;
            }
            await output.WriteAsync(bytes.AsMemory(0, end), cancellationToken).ConfigureAwait(false);
            offset += bytes.Length;
        }
    }

    /// <summary>Where the last lines begin; a newline at the very end ends the last one.</summary>
    public async Task<long> FindLastLinesAsync(long lines, CancellationToken cancellationToken)
    {
        int window = FirstWindow;
        for (long end = file.Length; end > 0 && lines > 0; window = Math.Min(2 * window, MaxWindow))
        {
            long start = Math.Max(0, end - window);
            byte[] bytes = await ReadAsync(start, (int)(end - start), cancellationToken).ConfigureAwait(false);
            int searched = end == file.Length ? bytes.Length - 1 : bytes.Length;
            for (; lines > 0; lines--)
            {
                searched = bytes.AsSpan(0, searched).LastIndexOf((byte)'\n');
                if (searched < 0)
                    break;
                if (lines == 1)
                    return start + searched + 1;
            }
            end = start;
        }
        return lines > 0 ? 0 : file.Length;
    }

    private async Task<byte[]> ReadAsync(long offset, int length, CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream(length);
        await CopyAsync(offset, Math.Min(length, file.Length - offset), bytes, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }
}
