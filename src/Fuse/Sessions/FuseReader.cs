using Orleans.Cache.Fuse.Transport;

namespace Orleans.Cache.Fuse.Sessions;

/// <summary>
/// A thread that reads requests and has them served. It waits for the kernel only: what does not complete at once goes on without it.
/// </summary>
internal sealed class FuseReader(FuseSession session, IFuseChannel channel, RequestPool requests, ReaderDemand demand, bool mayRest, TimeProvider time)
{
    /// <summary>The request that is served on this thread now, for the deadline. Read together only by way of its id, which names no other.</summary>
    private FuseRequest? _serving;
    private ulong _servingId;
    private long _servingSince;
    private readonly Func<bool> _isNextWaiting = () => channel.HasRequest;

    /// <summary>Until the mount is gone. Gives the error number that ended it.</summary>
    public int Run()
    {
        FuseRequest request = requests.Rent();
        while (true)
        {
            if (mayRest)
                demand.RestIfCalm();
            int received = channel.Receive(request.Received);
            if (received < 0)
            {
                // ENOENT: the caller went away while the request was handed over.
                if (received is -Errno.Interrupted or -Errno.TryAgain or -Errno.NoEntry)
                    continue;
                demand.End();
                requests.Return(request);
                return -received;
            }
            if (!request.Begin(channel, received, time.GetTimestamp()))
                continue;
            Mark(request);
            demand.Begin();
            bool isDone = session.Serve(request);
            Volatile.Write(ref _servingId, 0);
            demand.Served(_isNextWaiting);
            if (!isDone)
                request = requests.Rent();
        }
    }

    /// <summary>Whether it has served the same request since a moment: it blocks, and somebody else should take the next.</summary>
    public bool IsBusySince(long moment) => Volatile.Read(ref _servingId) != 0 && Volatile.Read(ref _servingSince) < moment;

    /// <summary>Answers for a handler that does not come back although it promised not to block. False: there is none.</summary>
    public bool TimeOut(long receivedBefore)
    {
        ulong id = Volatile.Read(ref _servingId);
        return id != 0 && Volatile.Read(ref _servingSince) < receivedBefore && Volatile.Read(ref _serving) is { } late && late.TryFail(id, Errno.TimedOut);
    }

    private void Mark(FuseRequest request)
    {
        Volatile.Write(ref _serving, request);
        Volatile.Write(ref _servingSince, request.ReceivedAt);
        Volatile.Write(ref _servingId, request.Id.Value);
    }
}
