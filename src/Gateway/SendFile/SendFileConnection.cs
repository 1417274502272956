using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Gateway.SendFile;

/// <summary>
/// Connection middleware of Kestrel: replaces the output of a connection by a <see cref="SocketPipeWriter"/> and reads its end
/// last (<see cref="EndLastReader"/>). Accepting, reading, keep-alive and limits stay Kestrel's.
/// </summary>
internal sealed class SendFileConnection : IDuplexPipe, ISendFileFeature
{
    private readonly SocketPipeWriter _output;

    private SendFileConnection(PipeReader input, SocketPipeWriter output)
    {
        Input = input;
        _output = output;
    }

    public PipeReader Input { get; }

    public bool FileFailed => _output.FileFailed;

    public PipeWriter Output => _output;

    /// <summary>Wraps a connection around its socket.</summary>
    public static void Wrap(ConnectionContext connection, Socket socket, Action<ConnectionAbortedException> abort, TimeSpan stallTimeout)
    {
        // sendfile(2) has no flag for "do not block"; the runtime's own socket calls work on either kind.
        socket.Blocking = false;
        var output = new SocketPipeWriter(socket, connection.Transport.Output, abort, stallTimeout);
        var wrapped = new SendFileConnection(new EndLastReader(connection.Transport.Input), output);
        connection.Transport = wrapped;
        connection.Features.Set<ISendFileFeature>(wrapped);
    }

    /// <remarks>
    /// Kestrel must count the file's bytes against Content-Length, or it would take the response for short and close the
    /// connection. So the range goes through the body's Advance: the writer has been told that the next advance stands for
    /// bytes of the file, not of its memory. That works only while the body's memory is the writer's own, which is checked
    /// first: with TLS, compression or chunking in between, it is not.
    /// </remarks>
    public bool TryAppend(PipeWriter body, SafeFileHandle file, long offset, int length)
    {
        // The headers become part of the writer's memory before the range is marked: order on the wire is order of marking.
        body.GetMemory(1);
        body.Advance(0);
        if (!_output.Owns(body.GetMemory(1)))
            return false;
        _output.Mark(file, offset, length);
        body.Advance(length);
        return true;
    }
}
