using System.Runtime.InteropServices;
using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Sessions;

namespace Orleans.Cache.Fuse.Operations;

/// <summary>OPEN: for reading; anything else is EROFS. An answer that does not arrive is a file that nobody will release: it is released here.</summary>
internal sealed class OpenOperation(IFuseFileSystem files) : Operation
{
    public override ValueTask RunAsync(FuseRequest request)
    {
        if (!MemoryMarshal.TryRead(request.Body, out OpenRequest open))
            throw Malformed();
        if (open.WantsToWrite)
        {
            request.Fail(Errno.ReadOnlyFileSystem);
            return default;
        }
        ValueTask<FuseOpen> opening = files.OpenAsync(request.Node, request.Token);
        if (!opening.IsCompletedSuccessfully)
            return AwaitedAsync(request, opening);
        Answer(request, opening.Result);
        return default;
    }

    private async ValueTask AwaitedAsync(FuseRequest request, ValueTask<FuseOpen> opening) => Answer(request, await opening.ConfigureAwait(false));

    private void Answer(FuseRequest request, in FuseOpen open)
    {
        NodeId node = request.Node;
        if (!request.Reply(WireOpen.Of(open)))
            files.Release(node, open.Handle);
    }
}

/// <summary>RELEASE: the last use of an open file has ended.</summary>
internal sealed class ReleaseOperation(IFuseFileSystem files) : Operation
{
    public override ValueTask RunAsync(FuseRequest request)
    {
        if (!MemoryMarshal.TryRead(request.Body, out ReleaseRequest release))
            throw Malformed();
        files.Release(request.Node, new FileHandle(release.Handle));
        request.Reply(0);
        return default;
    }
}
