using System.Runtime.InteropServices;
using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Sessions;

namespace Orleans.Cache.Fuse.Operations;

/// <summary>INIT: agreeing on the protocol. A kernel with a newer major version asks again in ours.</summary>
internal sealed class InitOperation(FuseSession session) : Operation
{
    public override ValueTask RunAsync(FuseRequest request)
    {
        if (!InitRequest.TryDecode(request.Body, out InitRequest offered))
            throw Malformed();
        if (offered.Major > InitNegotiation.Major)
        {
            request.Reply(new InitAnswer { Major = InitNegotiation.Major, Minor = InitNegotiation.Minor });
            return default;
        }
        if (offered.Major < InitNegotiation.Major || offered.Minor < InitNegotiation.OldestMinor)
        {
            // Whoever mounts waits for the agreement, which will not come.
            var reason = new FuseException(Errno.Protocol, $"The kernel speaks FUSE {offered.Major}.{offered.Minor}; {InitNegotiation.Major}.{InitNegotiation.OldestMinor} is needed (Linux 4.20).");
            session.Disagreed(reason);
            throw reason;
        }
        InitAnswer answer = session.Negotiate(offered, out InitFlags agreed);
        if (request.Reply(answer))
            session.Agreed(agreed, offered.Minor);
        return default;
    }
}

/// <summary>DESTROY: the last that a mount asks for. What it had is dropped when the readers end, since it does not come where the mount was aborted.</summary>
internal sealed class DestroyOperation : Operation
{
    public override ValueTask RunAsync(FuseRequest request)
    {
        request.Reply(0);
        return default;
    }
}

/// <summary>INTERRUPT: the caller of another request got a signal. Wants no answer; least of all ENOSYS, which would turn interrupts off.</summary>
internal sealed class InterruptOperation(FuseSession session) : Operation
{
    public override ValueTask RunAsync(FuseRequest request)
    {
        if (!MemoryMarshal.TryRead(request.Body, out ulong unique))
            throw Malformed();
        request.End();
        session.Interrupt(new RequestId(unique));
        return default;
    }
}
