using System.Net;

namespace Orleans.Cache.Client.Writing;

/// <summary>No bytes, and whether they were asked for: that is when the last of the request's headers leave.</summary>
internal sealed class EmptyBody : HttpContent
{
    public bool IsBegun { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        IsBegun = true;
        return Task.CompletedTask;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return true;
    }
}
