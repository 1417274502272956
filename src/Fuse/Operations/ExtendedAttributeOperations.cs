using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Sessions;

namespace Orleans.Cache.Fuse.Operations;

/// <summary>GETXATTR: an attribute's value, or its size where no room is given.</summary>
internal sealed class GetExtendedAttributeOperation(IFuseFileSystem files) : Operation
{
    public override ValueTask RunAsync(FuseRequest request)
    {
        if (!Wire.TryNamed(request.Body, out ExtendedAttributeRequest asked, out ReadOnlySpan<byte> name))
            throw Malformed();
        return AnswerAsync(request, asked.Size, files.GetExtendedAttributeAsync(request.Node, name, request.Token));
    }

    private static async ValueTask AnswerAsync(FuseRequest request, uint room, ValueTask<ReadOnlyMemory<byte>?> asking)
    {
        if (await asking.ConfigureAwait(false) is { } value)
            Answer(request, room, value.Span);
        else
            request.Fail(Errno.NoData);
    }

    internal static void Answer(FuseRequest request, uint room, ReadOnlySpan<byte> value)
    {
        if (room == 0)
            request.Reply(new WireSize { Size = (uint)value.Length });
        else if (value.Length > room)
            request.Fail(Errno.Range);
        else
            request.Reply(value);
    }
}

/// <summary>LISTXATTR: the names, or their size where no room is given.</summary>
internal sealed class ListExtendedAttributesOperation(IFuseFileSystem files) : Operation
{
    public override async ValueTask RunAsync(FuseRequest request)
    {
        if (!System.Runtime.InteropServices.MemoryMarshal.TryRead(request.Body, out ExtendedAttributeRequest asked))
            throw Malformed();
        ReadOnlyMemory<byte> names = await files.ListExtendedAttributesAsync(request.Node, request.Token).ConfigureAwait(false);
        GetExtendedAttributeOperation.Answer(request, asked.Size, names.Span);
    }
}
