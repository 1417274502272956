using Microsoft.Win32.SafeHandles;

namespace Orleans.Cache.Fuse;

/// <summary>What a file system may tell or ask of the kernel while it is mounted.</summary>
public interface IFuseKernel
{
    /// <summary>Whether backing files may be handed over: the kernel can, and this process is allowed to.</summary>
    bool HasPassthrough { get; }

    /// <summary>
    /// Hands a backing file over. An id for <see cref="FuseOpen.BackingId"/>, or a negated error number. The descriptor may be closed afterwards.
    /// </summary>
    int OpenBacking(SafeFileHandle file);

    /// <summary>No more opens with this id; files that are open with it stay so.</summary>
    void CloseBacking(int id);

    /// <summary>
    /// What a name leads to is to be asked for again. May wait for a look-up in the same directory that is under way, so never call it from a
    /// handler. False: the kernel knew nothing of it.
    /// </summary>
    bool ExpireName(NodeId parent, ReadOnlySpan<byte> name);

    /// <summary>The attributes of a node are to be asked for again; what is cached of its content stays. False: the kernel does not know it.</summary>
    bool ExpireAttributes(NodeId node);

    /// <summary>Whether <see cref="ExpireAllNames"/> can do what it says (Linux 6.16).</summary>
    bool CanExpireAllNames { get; }

    /// <summary>All names are to be asked for again, those too that were believed to be absent, wherever they are.</summary>
    bool ExpireAllNames();
}
