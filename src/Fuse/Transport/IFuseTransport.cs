using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Fuse.Transport;

/// <summary>Where the kernel's requests come from. Results are counts and ids, or negated error numbers: failure is an ordinary answer here.</summary>
public interface IFuseTransport : IDisposable
{
    /// <summary>A channel of its own for a reader. The first is there before INIT, others can be had after it.</summary>
    IFuseChannel Open();

    /// <summary>Registers a backing file for passthrough. An id above zero.</summary>
    int OpenBacking(SafeFileHandle file);

    /// <summary>Ends a registration.</summary>
    int CloseBacking(int id);
}

/// <summary>One way to and from the kernel. An answer goes back on the channel that its request came on.</summary>
public interface IFuseChannel : IDisposable
{
    /// <summary>Waits for a request. Bytes; -ENODEV once the mount is gone.</summary>
    int Receive(Span<byte> request);

    /// <summary>Whether a request waits. Never waits itself.</summary>
    bool HasRequest { get; }

    /// <summary>Sends an answer or a notification, whole. 0, or -ENOENT where nobody waits for it any more.</summary>
    int Send(ReadOnlySpan<byte> answer);

    /// <summary>The same of an answer in two parts. -EFAULT where the second could not be read, upon which the kernel has answered EIO.</summary>
    int Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data);
}
