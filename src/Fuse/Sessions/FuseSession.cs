using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Orleans.Cache.Fuse.Operations;
using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Transport;

namespace Orleans.Cache.Fuse.Sessions;

/// <summary>
/// Serves a file system to a kernel, from INIT until the mount is gone. INIT is read alone; then come the other readers. It ends when
/// all readers have ended, which is when the kernel has dropped the mount.
/// </summary>
public sealed partial class FuseSession : IFuseKernel, IDisposable
{
    /// <summary>How often deadlines are looked at: they may be late by this.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly IFuseTransport _transport;
    private readonly IFuseFileSystem _files;
    private readonly FuseOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly OperationTable _operations;
    private readonly RequestPool _requests;
    private readonly PendingRequests _pending = new();
    private readonly ReaderDemand _demand = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly List<FuseReader> _readers = [];
    private readonly List<IFuseChannel> _channels = [];
    private readonly ITimer _deadlines;

    /// <summary>Calls of ours into the transport and its closing exclude each other: a descriptor's number may be another file's afterwards.</summary>
    private readonly ReaderWriterLockSlim _transportGate = new();
    private int _running;
    private bool _closed;
    private volatile bool _isGone;
    private InitFlags _agreed;
    private uint _minor;
    private IFuseObserver? _observer;

    /// <param name="transport">Becomes the session's.</param>
    /// <param name="files">What is served.</param>
    /// <param name="options">How.</param>
    /// <param name="time">Deadlines.</param>
    /// <param name="log">Told of failures that are no answers.</param>
    public FuseSession(IFuseTransport transport, IFuseFileSystem files, FuseOptions options, TimeProvider time, ILogger log)
    {
        _transport = transport;
        _files = files;
        _options = options;
        _time = time;
        _log = log;
        _operations = new OperationTable(files, this);
        _requests = new RequestPool(this);
        _deadlines = time.CreateTimer(_ => LookAtDeadlines(), null, LookEvery, LookEvery);
    }

    /// <summary>Completes when the kernel and we have agreed on the protocol.</summary>
    public Task Started => _started.Task;

    /// <summary>Completes when the mount is gone and all handlers have ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The kernel has told a reader so. What handlers still do concerns nobody, and the connection's number may be another mount's by now.</summary>
    internal bool IsGone => _isGone;

    public FuseCounters Counters { get; } = new();

    /// <summary>Requests whose handlers have not completed.</summary>
    public int Pending => _pending.Count;

    public bool HasPassthrough => _agreed.HasFlag(InitFlags.Passthrough);

    /// <summary>Who is told of each answer; null: nobody, at no cost.</summary>
    public IFuseObserver? Observer
    {
        get => Volatile.Read(ref _observer);
        set => Volatile.Write(ref _observer, value);
    }

    /// <summary>Begins to read.</summary>
    public void Start() => StartReader();

    public int OpenBacking(SafeFileHandle file) => Call(transport => transport.OpenBacking(file));

    public void CloseBacking(int id) => Call(transport => transport.CloseBacking(id));

    public bool ExpireName(NodeId parent, ReadOnlySpan<byte> name)
    {
        if (name.Length > Wire.MaxName)
            return false;
        Span<byte> message = stackalloc byte[Notifications.MaxSize];
        return Notify(message[..Notifications.WriteExpireName(message, parent, name, _agreed.HasFlag(InitFlags.ExpireOnly))]);
    }

    public bool ExpireAttributes(NodeId node)
    {
        Span<byte> message = stackalloc byte[Notifications.MaxSize];
        return Notify(message[..Notifications.WriteExpireAttributes(message, node)]);
    }

    public bool CanExpireAllNames => _minor >= Notifications.ExpireAllNamesMinor;

    public bool ExpireAllNames()
    {
        Span<byte> message = stackalloc byte[Notifications.MaxSize];
        return CanExpireAllNames && Notify(message[..Notifications.WriteExpireAllNames(message)]);
    }

    public void Dispose()
    {
        // A reader that still waits in the kernel closes the transport when it ends, and until then deadlines hold.
        Close();
        _requests.Dispose();
        if (!_closed)
            return;
        _transportGate.Dispose();
        _demand.Dispose();
    }

    /// <summary>Runs a request's operation. True: it has ended, and the request may be used again.</summary>
    internal bool Serve(FuseRequest request)
    {
        ValueTask running;
        try
        {
            running = _operations[request.Opcode].RunAsync(request);
        }
        catch (Exception e)
        {
            Fail(request, e);
            return true;
        }
        if (running.IsCompletedSuccessfully)
            return true;
        // Before anything else can complete it: an interrupt finds it here.
        _pending.Add(request);
        _ = FinishAsync(request, running);
        return false;
    }

    /// <summary>INIT has been answered: the other readers may come, since a clone of a channel belongs to a connection.</summary>
    internal void Agreed(InitFlags agreed, uint minor)
    {
        _agreed = agreed;
        _minor = minor;
        _files.Started(this);
        for (int i = 1; i < _options.Readers; i++)
            StartReader();
        _started.TrySetResult();
    }

    /// <summary>There is nothing that both understand.</summary>
    internal void Disagreed(FuseException reason) => _started.TrySetException(reason);

    internal InitAnswer Negotiate(in InitRequest offered, out InitFlags agreed) => InitNegotiation.Answer(offered, _options, out agreed);

    internal void Interrupt(RequestId id) => _pending.Interrupt(id);

    internal void Answered(FuseRequest request, int errno, int bytes)
    {
        Counters.Count(request.Opcode, errno, bytes);
        Volatile.Read(ref _observer)?.Answered(new AnsweredRequest(
            request.Opcode, request.Node, request.User, request.Process, errno, bytes, _time.GetElapsedTime(request.ReceivedAt)));
    }

    private async Task FinishAsync(FuseRequest request, ValueTask running)
    {
        try
        {
            await running.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Fail(request, e);
        }
        _pending.Remove(request);
        _requests.Return(request);
    }

    private void Fail(FuseRequest request, Exception failure)
    {
        int errno = _files.ErrnoOf(failure);
        if (errno == Errno.Io)
            LogFailure(_log, failure, request.Opcode, request.Node);
        request.Fail(errno);
    }

    private void StartReader()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            IFuseChannel channel = _transport.Open();
            var reader = new FuseReader(this, channel, _requests, _demand, mayRest: _readers.Count > 0, _time);
            _channels.Add(channel);
            _readers.Add(reader);
            _running++;
            // A thread of its own: it waits in the kernel for most of its life.
            new Thread(() => Run(reader)) { IsBackground = true, Name = "fuse" }.Start();
        }
    }

    private void Run(FuseReader reader)
    {
        int errno = reader.Run();
        _isGone = true;
        if (errno != Errno.NoDevice)
            LogBroken(_log, errno);
        lock (_gate)
        {
            if (--_running > 0)
                return;
        }
        _ = EndAsync(errno);
    }

    private async Task EndAsync(int errno)
    {
        _started.TrySetException(new FuseException(errno, $"The kernel dropped the mount before it was served (errno {errno})."));
        await _pending.EndAsync().ConfigureAwait(false);
        Close();
        _files.Ended();
        _ended.TrySetResult();
    }

    private void LookAtDeadlines()
    {
        long before = _time.GetTimestamp() - (long)(_options.Deadline.TotalSeconds * _time.TimestampFrequency);
        int late = _pending.TimeOut(before);
        lock (_gate)
        {
            late += _readers.Count(reader => reader.TimeOut(before));
            long look = _time.GetTimestamp() - (long)(LookEvery.TotalSeconds * _time.TimestampFrequency / 2);
            if (_readers.Exists(reader => reader.IsBusySince(look)))
                _demand.Wake();
        }
        if (late > 0)
            LogLate(_log, late, _options.Deadline.TotalSeconds);
    }

    private bool Notify(ReadOnlySpan<byte> message)
    {
        _transportGate.EnterReadLock();
        try
        {
            return !_closed && _channels[0].Send(message) == 0;
        }
        finally
        {
            _transportGate.ExitReadLock();
        }
    }

    private int Call(Func<IFuseTransport, int> act)
    {
        _transportGate.EnterReadLock();
        try
        {
            return _closed ? -Errno.NoDevice : act(_transport);
        }
        finally
        {
            _transportGate.ExitReadLock();
        }
    }

    private void Close()
    {
        lock (_gate)
        {
            // A reader that still waits in the kernel keeps the connection: its end comes here again.
            if (_closed || _running > 0)
                return;
            _transportGate.EnterWriteLock();
            _closed = true;
            _transportGate.ExitWriteLock();
        }
        _deadlines.Dispose();
        foreach (IFuseChannel channel in _channels)
            channel.Dispose();
        _transport.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Opcode} of node {Node} failed.")]
    private static partial void LogFailure(ILogger log, Exception failure, Opcode opcode, NodeId node);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reading requests of the kernel failed (errno {Errno}).")]
    private static partial void LogBroken(ILogger log, int errno);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Late} requests were answered with ETIMEDOUT after {Seconds} s.")]
    private static partial void LogLate(ILogger log, int late, double seconds);
}
