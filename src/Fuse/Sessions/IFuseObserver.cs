using Orleans.Cache.Fuse.Protocol;

namespace Orleans.Cache.Fuse.Sessions;

/// <summary>Told of every request that was answered. On the thread that answers: it may not wait.</summary>
public interface IFuseObserver
{
    void Answered(in AnsweredRequest request);
}

/// <summary>A request and its answer.</summary>
/// <param name="Opcode">What was asked.</param>
/// <param name="Node">Of which node.</param>
/// <param name="User">Who asked.</param>
/// <param name="Process">The asking process; 0 where it is the kernel itself.</param>
/// <param name="Errno">0: done.</param>
/// <param name="Bytes">Of the answer's data.</param>
/// <param name="Took">From receipt to answer.</param>
public readonly record struct AnsweredRequest(Opcode Opcode, NodeId Node, uint User, uint Process, int Errno, int Bytes, TimeSpan Took);
