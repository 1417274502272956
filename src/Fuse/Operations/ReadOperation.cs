using System.Runtime.InteropServices;
using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Sessions;

namespace Orleans.Cache.Fuse.Operations;

/// <summary>READ: the byte path. What is at hand is answered on the reader's thread, from memory that is used again, without allocation.</summary>
internal sealed class ReadOperation(IFuseFileSystem files) : Operation
{
    /// <summary>No kernel asks for more (fs.fuse.max_pages_limit goes to 65535 pages); whoever does may not make us allocate at will.</summary>
    private const uint MaxSize = 16 * 1024 * 1024;

    public override ValueTask RunAsync(FuseRequest request)
    {
        if (!MemoryMarshal.TryRead(request.Body, out ReadRequest read) || read.Size > MaxSize || read.Offset < 0)
            throw Malformed();
        if (files.TryRead(request.Node, new FileHandle(read.Handle), read.Offset, (int)read.Size, new ReadAnswer(request)))
            return default;
        Memory<byte> destination = request.Answer((int)read.Size);
        ValueTask<int> reading = files.ReadAsync(request.Node, new FileHandle(read.Handle), read.Offset, destination, request.Token);
        if (!reading.IsCompletedSuccessfully)
            return AwaitedAsync(request, reading);
        request.Reply(reading.Result);
        return default;
    }

    private static async ValueTask AwaitedAsync(FuseRequest request, ValueTask<int> reading) => request.Reply(await reading.ConfigureAwait(false));
}
