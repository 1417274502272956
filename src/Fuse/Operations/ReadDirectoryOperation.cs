using System.Runtime.InteropServices;
using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Sessions;

namespace Orleans.Cache.Fuse.Operations;

/// <summary>OPENDIR.</summary>
internal sealed class OpenDirectoryOperation(IFuseFileSystem files) : Operation
{
    public override async ValueTask RunAsync(FuseRequest request)
    {
        NodeId node = request.Node;
        FuseOpen open = await files.OpenDirectoryAsync(node, request.Token).ConfigureAwait(false);
        if (!request.Reply(WireOpen.Of(open)))
            files.ReleaseDirectory(node, open.Handle);
    }
}

/// <summary>READDIR and READDIRPLUS: names of a directory, with attributes or without. Look-ups in an answer that does not arrive never were.</summary>
internal sealed class ReadDirectoryOperation(IFuseFileSystem files, bool withAttributes) : Operation
{
    /// <summary>As for READ; programs give buffers of 32 KiB.</summary>
    private const uint MaxSize = 16 * 1024 * 1024;

    public override async ValueTask RunAsync(FuseRequest request)
    {
        if (!MemoryMarshal.TryRead(request.Body, out ReadRequest read) || read.Size > MaxSize || read.Offset < 0)
            throw Malformed();
        var entries = new DirectoryWriter(request.Answer((int)read.Size), withAttributes);
        try
        {
            await files.ReadDirectoryAsync(request.Node, new FileHandle(read.Handle), read.Offset, entries, request.Token).ConfigureAwait(false);
        }
        catch
        {
            entries.TakeBack(files);
            throw;
        }
        if (!request.Reply(entries.Length))
            entries.TakeBack(files);
    }
}

/// <summary>RELEASEDIR.</summary>
internal sealed class ReleaseDirectoryOperation(IFuseFileSystem files) : Operation
{
    public override ValueTask RunAsync(FuseRequest request)
    {
        if (!MemoryMarshal.TryRead(request.Body, out ReleaseRequest release))
            throw Malformed();
        files.ReleaseDirectory(request.Node, new FileHandle(release.Handle));
        request.Reply(0);
        return default;
    }
}
