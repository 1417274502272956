using System.Globalization;
using System.Text;

namespace Orleans.Cache.Testing.Servers;

/// <summary>First line and headers of an HTTP/1.1 message.</summary>
internal sealed class HttpHead(string firstLine, List<(string Name, string Value)> headers)
{
    public string FirstLine { get; set; } = firstLine;

    public long? ContentLength => this["Content-Length"] is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    public bool IsChunked => this["Transfer-Encoding"] is not null;

    public string? this[string name]
    {
        get => headers.Find(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
        set
        {
            headers.RemoveAll(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (value is not null)
                headers.Add((name, value));
        }
    }

    public byte[] ToBytes() => Encoding.Latin1.GetBytes($"{FirstLine}\r\n{string.Concat(headers.Select(h => $"{h.Name}: {h.Value}\r\n"))}\r\n");
}

/// <summary>One side of a proxied connection: reads heads, and copies bodies of a known length.</summary>
internal sealed class HttpPeer(Stream stream)
{
    private const int Piece = 16 * 1024;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    public Stream Stream => stream;

    /// <summary>Null: the peer closed.</summary>
    public async Task<HttpHead?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await ReceiveAsync(cancellationToken))
                return null;
        }
        string[] lines = Encoding.Latin1.GetString(_buffer, _start, length).Split("\r\n");
        _start += length + 4;
        return new HttpHead(lines[0], [.. lines.Skip(1).Select(l => (l[..l.IndexOf(':')], l[(l.IndexOf(':') + 1)..].Trim()))]);
    }

    /// <summary>The body of a request, after it was asked for where the client waits to be.</summary>
    public async Task CopyBodyAsync(HttpHead request, Stream to, Stream client, CancellationToken cancellationToken, bool changed = false)
    {
        if (request["Expect"] is not null)
            await client.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancellationToken);
        if (changed && (_start < _end || await ReceiveAsync(cancellationToken)))
            _buffer[_start] ^= 1;
        if (request.IsChunked)
            await CopyChunksAsync(to, cancellationToken);
        else
            await CopyAsync(to, request.ContentLength ?? 0, TimeSpan.Zero, cancellationToken);
    }

    public Task SkipBodyAsync(HttpHead request, CancellationToken cancellationToken) => CopyBodyAsync(request, Stream.Null, stream, cancellationToken);

    public async Task CopyAsync(Stream to, long length, TimeSpan pieceDelay, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            if (_start == _end && !await ReceiveAsync(cancellationToken))
                throw new IOException("The body ended early.");
            int piece = (int)Math.Min(Math.Min(length, _end - _start), pieceDelay > TimeSpan.Zero ? Piece : int.MaxValue);
            if (pieceDelay > TimeSpan.Zero)
                await Task.Delay(pieceDelay, TimeProvider.System, cancellationToken);
            await to.WriteAsync(_buffer.AsMemory(_start, piece), cancellationToken);
            _start += piece;
            length -= piece;
        }
    }

    /// <summary>A chunked body as it is, to its last chunk.</summary>
    public async Task CopyChunksAsync(Stream to, CancellationToken cancellationToken)
    {
        while (true)
        {
            int line;
            while ((line = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
            {
                if (!await ReceiveAsync(cancellationToken))
                    throw new IOException("The chunks ended early.");
            }
            long size = long.Parse(Encoding.ASCII.GetString(_buffer, _start, line).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            // Its line, its bytes and the line end behind them; after the last one an empty line.
            await CopyAsync(to, line + 2 + size + 2, TimeSpan.Zero, cancellationToken);
            if (size == 0)
                return;
        }
    }

    private async Task<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        int received = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += received;
        return received > 0;
    }
}
