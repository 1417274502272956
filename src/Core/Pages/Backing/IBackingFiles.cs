using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages.Backing;

/// <summary>
/// What the page store does to backing files. The one seam between it and the kernel, so that tests can hold an operation in
/// the middle and make a disk fail. Every call answers a result or a negated errno (constants in LinuxFiles).
/// </summary>
internal interface IBackingFiles : IDisposable
{
    /// <summary>Reads never wait for a device here (tmpfs); else only <see cref="TryRead"/> and opens with CachedOnly do not.</summary>
    bool NeverWaits { get; }

    /// <summary>Bytes that the file system allocates at once.</summary>
    int BlockSize { get; }

    /// <summary>Bytes that the file system has free for us; 0 where it does not say.</summary>
    long FreeBytes { get; }

    /// <summary>A descriptor.</summary>
    int Open(FileId file, long incarnation, BackingOpen how);

    void Close(int descriptor);

    /// <summary>Reads without waiting: bytes read, fewer where a device would be asked.</summary>
    int TryRead(int descriptor, Span<byte> destination, long offset);

    /// <summary>Reads until the destination is full or the file ends.</summary>
    int Read(int descriptor, Span<byte> destination, long offset);

    /// <summary>Writes everything.</summary>
    int Write(int descriptor, ReadOnlySpan<byte> data, long offset);

    /// <summary>Gives the blocks of a range back.</summary>
    int Punch(int descriptor, long offset, long length);

    int Unlink(FileId file, long incarnation);

    /// <summary>Bytes from the beginning to the end of an open file, holes included.</summary>
    long LengthOf(int descriptor);

    /// <summary>Maps a range for reading, of which nothing is touched yet; only where <see cref="NeverWaits"/>. Its address.</summary>
    nint Map(int descriptor, long offset, int length);

    void Unmap(nint address, int length);
}

/// <summary>How to open a backing file.</summary>
internal enum BackingOpen
{
    /// <summary>It exists; may wait.</summary>
    Existing,

    /// <summary>It exists; EAGAIN rather than waiting for a device.</summary>
    CachedOnly,

    /// <summary>Make it if it is not there.</summary>
    Create,
}
