namespace Orleans.Cache.Fuse;

/// <summary>
/// A file system as the kernel asks it, reading only. Calls come from several threads at once. A call that completes synchronously is answered
/// by the thread that read the request, so it may not block; whatever has to wait completes later.
/// </summary>
/// <remarks>
/// Failures are exceptions, which <see cref="ErrnoOf"/> turns into error numbers. Tokens are cancelled when the caller is interrupted
/// (a signal) and when the deadline has passed; the answer is then given by the session.
/// Look-ups are counted: each entry with a node that <see cref="LookupAsync"/> or <see cref="ReadDirectoryAsync"/> (with attributes) gave out
/// is one, and the node lives until <see cref="Forget"/> has taken all of them back.
/// </remarks>
public interface IFuseFileSystem
{
    /// <summary>The mount is there; from now on the kernel can be told of changes.</summary>
    void Started(IFuseKernel kernel)
    {
    }

    /// <summary>What a name of a directory leads to. The name is what the kernel has: bytes without '/' and NUL.</summary>
    ValueTask<FuseEntry> LookupAsync(NodeId parent, ReadOnlySpan<byte> name, CancellationToken cancellationToken);

    /// <summary>The kernel has forgotten so many look-ups of a node. May not throw.</summary>
    void Forget(NodeId node, ulong lookups);

    ValueTask<FuseStatus> GetAttributesAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>Where a symbolic link leads.</summary>
    ValueTask<ReadOnlyMemory<byte>> ReadLinkAsync(NodeId node, CancellationToken cancellationToken) => throw new FuseException(Errno.Invalid);

    /// <summary>Opens a file for reading.</summary>
    ValueTask<FuseOpen> OpenAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>
    /// Answers a READ from memory that the file system has, where all of it is there: one copy less than <see cref="ReadAsync"/>, which is asked where this gives false
    /// and has answered nothing. On the thread that read the request, so it may not block.
    /// </summary>
    bool TryRead(NodeId node, FileHandle handle, long offset, int size, ReadAnswer answer) => false;

    /// <summary>Fills the destination, unless the file ends before. Gives the bytes read.</summary>
    ValueTask<int> ReadAsync(NodeId node, FileHandle handle, long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>The last descriptor and mapping of an open file is gone. May not throw.</summary>
    void Release(NodeId node, FileHandle handle);

    ValueTask<FuseOpen> OpenDirectoryAsync(NodeId node, CancellationToken cancellationToken);

    /// <summary>
    /// Adds entries from <paramref name="offset"/> on until the writer takes no more or the directory has ended. 0 is the beginning; other
    /// offsets are those that were given to entries before. "." and ".." belong to it.
    /// </summary>
    ValueTask ReadDirectoryAsync(NodeId node, FileHandle handle, long offset, DirectoryWriter entries, CancellationToken cancellationToken);

    /// <summary>As <see cref="Release"/>, of a directory.</summary>
    void ReleaseDirectory(NodeId node, FileHandle handle);

    ValueTask<FuseStatistics> GetStatisticsAsync(CancellationToken cancellationToken) => new(new FuseStatistics(4096, 0, 0, 0, 255));

    /// <summary>An extended attribute; null where the node has none of that name.</summary>
    ValueTask<ReadOnlyMemory<byte>?> GetExtendedAttributeAsync(NodeId node, ReadOnlySpan<byte> name, CancellationToken cancellationToken) => default;

    /// <summary>Names of the node's extended attributes, each with a NUL behind it.</summary>
    ValueTask<ReadOnlyMemory<byte>> ListExtendedAttributesAsync(NodeId node, CancellationToken cancellationToken) => default;

    /// <summary>The error number for what a call threw.</summary>
    int ErrnoOf(Exception failure) => failure switch
    {
        FuseException e => e.Errno,
        OperationCanceledException => Errno.Interrupted,
        _ => Errno.Io,
    };

    /// <summary>The kernel is gone: whatever it had open or looked up is no longer known to it. Comes once, after everything else.</summary>
    void Ended()
    {
    }
}
