using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Sessions;

namespace Orleans.Cache.Fuse.Operations;

/// <summary>Which operation a request is. What is not in it is ENOSYS, which the kernel remembers and does not ask again; writes are EROFS.</summary>
internal sealed class OperationTable
{
    /// <summary>Opcodes are below; CUSE_INIT (4096) is none of a mount.</summary>
    private const int Size = 64;

    private static readonly Opcode[] Writes =
    [
        Opcode.SetAttributes, Opcode.SymbolicLink, Opcode.MakeNode, Opcode.MakeDirectory, Opcode.Unlink, Opcode.RemoveDirectory, Opcode.Rename, Opcode.Link,
        Opcode.Write, Opcode.SetExtendedAttribute, Opcode.RemoveExtendedAttribute, Opcode.Create, Opcode.Allocate, Opcode.Rename2, Opcode.CopyRange,
        Opcode.TemporaryFile,
    ];

    private readonly Operation[] _byOpcode = new Operation[Size];
    private readonly RefusedOperation _unknown = new(Errno.NotImplemented);

    public OperationTable(IFuseFileSystem files, FuseSession session)
    {
        Array.Fill(_byOpcode, _unknown);
        var readOnly = new RefusedOperation(Errno.ReadOnlyFileSystem);
        foreach (Opcode write in Writes)
            _byOpcode[(int)write] = readOnly;
        Set(Opcode.Init, new InitOperation(session));
        Set(Opcode.Destroy, new DestroyOperation());
        Set(Opcode.Interrupt, new InterruptOperation(session));
        Set(Opcode.Lookup, new LookupOperation(files));
        Set(Opcode.Forget, new ForgetOperation(files));
        Set(Opcode.BatchForget, new BatchForgetOperation(files));
        Set(Opcode.GetAttributes, new GetAttributesOperation(files));
        Set(Opcode.ReadLink, new ReadLinkOperation(files));
        Set(Opcode.Open, new OpenOperation(files));
        Set(Opcode.Read, new ReadOperation(files));
        Set(Opcode.Release, new ReleaseOperation(files));
        Set(Opcode.OpenDirectory, new OpenDirectoryOperation(files));
        Set(Opcode.ReadDirectory, new ReadDirectoryOperation(files, withAttributes: false));
        Set(Opcode.ReadDirectoryPlus, new ReadDirectoryOperation(files, withAttributes: true));
        Set(Opcode.ReleaseDirectory, new ReleaseDirectoryOperation(files));
        Set(Opcode.Statistics, new StatisticsOperation(files));
        Set(Opcode.GetExtendedAttribute, new GetExtendedAttributeOperation(files));
        Set(Opcode.ListExtendedAttributes, new ListExtendedAttributesOperation(files));
    }

    public Operation this[Opcode opcode] => (uint)opcode < Size ? _byOpcode[(int)opcode] : _unknown;

    private void Set(Opcode opcode, Operation operation) => _byOpcode[(int)opcode] = operation;
}
