using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Sessions;

namespace Orleans.Cache.Fuse.Operations;

/// <summary>GETATTR: stat(2) of a node.</summary>
internal sealed class GetAttributesOperation(IFuseFileSystem files) : Operation
{
    public override ValueTask RunAsync(FuseRequest request)
    {
        ValueTask<FuseStatus> asking = files.GetAttributesAsync(request.Node, request.Token);
        if (!asking.IsCompletedSuccessfully)
            return AwaitedAsync(request, asking);
        request.Reply(WireStatus.Of(asking.Result));
        return default;
    }

    private static async ValueTask AwaitedAsync(FuseRequest request, ValueTask<FuseStatus> asking) =>
        request.Reply(WireStatus.Of(await asking.ConfigureAwait(false)));
}

/// <summary>READLINK: where a symbolic link leads.</summary>
internal sealed class ReadLinkOperation(IFuseFileSystem files) : Operation
{
    public override async ValueTask RunAsync(FuseRequest request) =>
        request.Reply((await files.ReadLinkAsync(request.Node, request.Token).ConfigureAwait(false)).Span);
}

/// <summary>STATFS: statfs(2) of the mount.</summary>
internal sealed class StatisticsOperation(IFuseFileSystem files) : Operation
{
    public override async ValueTask RunAsync(FuseRequest request) =>
        request.Reply(WireStatistics.Of(await files.GetStatisticsAsync(request.Token).ConfigureAwait(false)));
}
