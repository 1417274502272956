using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Orleans.Cache.Fuse;
using Orleans.Cache.Fuse.Sessions;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>Who listens to a mount's requests now. Nobody costs nothing: the session is told of an observer only while there is one.</summary>
internal sealed class AccessLogs(FuseSession session, Func<NodeId, CachePath?> pathOf, TimeProvider time) : IFuseObserver
{
    private readonly Lock _gate = new();
    private AccessLog[] _listeners = [];

    public AccessLog Add()
    {
        var log = new AccessLog(this, time);
        lock (_gate)
        {
            _listeners = [.. _listeners, log];
            session.Observer = this;
        }
        return log;
    }

    public void Remove(AccessLog log)
    {
        lock (_gate)
        {
            _listeners = [.. _listeners.Where(l => l != log)];
            session.Observer = _listeners.Length > 0 ? this : null;
        }
    }

    public void Answered(in AnsweredRequest request)
    {
        if (ControlFiles.IsControl(request.Node))
            return;
        string path = pathOf(request.Node)?.Value ?? request.Node.ToString();
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{time.GetUtcNow():O} pid={request.Process} uid={request.User} {request.Opcode} {path} errno={request.Errno} bytes={request.Bytes} us={request.Took.TotalMicroseconds:F0}\n");
        foreach (AccessLog log in Volatile.Read(ref _listeners))
            log.Add(line);
    }
}

/// <summary>An open access log. What is not read fast enough is dropped, and the log says how much.</summary>
internal sealed class AccessLog(AccessLogs logs, TimeProvider time) : IDisposable
{
    private const int MaxLines = 10_000;

    /// <summary>Who reads gets a line at least this often: so that tail and cat do not hang on a quiet mount.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(MaxLines) { FullMode = BoundedChannelFullMode.Wait });
    private byte[] _rest = [];
    private long _dropped;

    public void Add(string line)
    {
        if (!_lines.Writer.TryWrite(line))
            Interlocked.Increment(ref _dropped);
    }

    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (_rest.Length == 0)
            _rest = await NextAsync(cancellationToken).ConfigureAwait(false);
        int count = Math.Min(_rest.Length, destination.Length);
        _rest.AsMemory(0, count).CopyTo(destination);
        _rest = _rest[count..];
        return count;
    }

    public void Dispose() => logs.Remove(this);

    private async ValueTask<byte[]> NextAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Quiet, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await _lines.Reader.WaitToReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "#\n"u8.ToArray();
        }
        const int Piece = 64 * CacheLimits.KiB;
        var text = new StringBuilder();
        while (text.Length < Piece && _lines.Reader.TryRead(out string? line))
            text.Append(line);
        if (Interlocked.Exchange(ref _dropped, 0) is > 0 and long dropped)
            text.Append(CultureInfo.InvariantCulture, $"# {dropped} lines were not read in time\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
