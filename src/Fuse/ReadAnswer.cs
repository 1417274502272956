using Orleans.Cache.Fuse.Sessions;

namespace Orleans.Cache.Fuse;

/// <summary>The answer to a READ, for who has the bytes lying in memory.</summary>
public readonly ref struct ReadAnswer
{
    private readonly FuseRequest _request;

    internal ReadAnswer(FuseRequest request) => _request = request;

    /// <summary>Answers, once. The kernel has copied the bytes when it returns; they may be shorter than what was asked for only where the file ends.</summary>
    public void Send(ReadOnlySpan<byte> bytes) => _request.Send(bytes);
}
