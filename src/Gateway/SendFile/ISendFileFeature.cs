using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Gateway.SendFile;

/// <summary>
/// Sends ranges of files on this connection without copying them through the process (sendfile(2)). A connection has it where
/// nothing stands between the response body and the socket: plain TCP and HTTP/1.1. Elsewhere: copy.
/// </summary>
internal interface ISendFileFeature
{
    /// <summary>Whether a response was cut because a file, not the client, failed: it was shorter than promised or could not be read.</summary>
    bool FileFailed { get; }

    /// <summary>
    /// Appends a range of a file to a response whose Content-Length is set and whose headers are started. The file must stay
    /// open and unchanged until the next FlushAsync of <paramref name="body"/> has completed; one range per flush.
    /// </summary>
    /// <returns>False, with nothing appended, where the body does not lead straight to the socket: copy instead.</returns>
    bool TryAppend(PipeWriter body, SafeFileHandle file, long offset, int length);
}
