using System.Runtime.InteropServices;
using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Sessions;

namespace Orleans.Cache.Fuse.Operations;

/// <summary>LOOKUP: a name of a directory becomes a node. An answer that does not arrive is a look-up that never was.</summary>
internal sealed class LookupOperation(IFuseFileSystem files) : Operation
{
    public override ValueTask RunAsync(FuseRequest request)
    {
        if (!Wire.TryName(request.Body, out ReadOnlySpan<byte> name))
            throw Malformed();
        ValueTask<FuseEntry> finding = files.LookupAsync(request.Node, name, request.Token);
        if (!finding.IsCompletedSuccessfully)
            return AwaitedAsync(request, finding);
        Answer(request, finding.Result);
        return default;
    }

    private async ValueTask AwaitedAsync(FuseRequest request, ValueTask<FuseEntry> finding) => Answer(request, await finding.ConfigureAwait(false));

    private void Answer(FuseRequest request, in FuseEntry entry)
    {
        // Absence that may not be believed is told as an error: an entry without a node would be cached.
        if (entry.Node == NodeId.None && entry.NameValid <= TimeSpan.Zero)
            request.Fail(Errno.NoEntry);
        else if (!request.Reply(WireEntry.Of(entry)) && entry.Node != NodeId.None)
            files.Forget(entry.Node, 1);
    }
}

/// <summary>FORGET: look-ups that the kernel has given up. Wants no answer.</summary>
internal sealed class ForgetOperation(IFuseFileSystem files) : Operation
{
    public override ValueTask RunAsync(FuseRequest request)
    {
        request.End();
        if (MemoryMarshal.TryRead(request.Body, out ulong lookups))
            files.Forget(request.Node, lookups);
        return default;
    }
}

/// <summary>BATCH_FORGET: many FORGETs. Wants no answer. No more are taken than came, whatever the count says.</summary>
internal sealed class BatchForgetOperation(IFuseFileSystem files) : Operation
{
    private const int HeadSize = 8;

    public override ValueTask RunAsync(FuseRequest request)
    {
        request.End();
        if (!MemoryMarshal.TryRead(request.Body, out uint count) || request.Body.Length < HeadSize)
            return default;
        ReadOnlySpan<byte> rest = request.Body[HeadSize..];
        for (uint i = 0; i < count && MemoryMarshal.TryRead(rest, out ForgetOne one); i++)
        {
            files.Forget(new NodeId(one.NodeId), one.Lookups);
            rest = rest[Marshal.SizeOf<ForgetOne>()..];
        }
        return default;
    }
}
