using Orleans.Cache.Fuse.Sessions;

namespace Orleans.Cache.Fuse.Operations;

/// <summary>
/// One operation of the protocol: decode, ask the file system, encode. It answers each request once, or throws. What completes synchronously
/// has answered when it returns.
/// </summary>
internal abstract class Operation
{
    public abstract ValueTask RunAsync(FuseRequest request);

    /// <summary>A request that does not hold what its operation needs: nothing that a kernel sends.</summary>
    protected static FuseException Malformed() => new(Errno.Invalid, "The request is malformed.");
}

/// <summary>Always the same error number.</summary>
internal sealed class RefusedOperation(int errno) : Operation
{
    public override ValueTask RunAsync(FuseRequest request)
    {
        request.Fail(errno);
        return default;
    }
}
