using Orleans.Cache.Model.Tests.Sources;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Operations;

/// <summary>
/// One step of a sequence. Complete in itself: it means something after any other steps, so that steps can be left out.
/// </summary>
internal abstract record Operation;

/// <summary>A change of the source behind the cache's back.</summary>
internal abstract record SourceOperation : Operation;

/// <summary>Gives a file a content that its seed and length determine (with Append: that many bytes more; with Truncate: that many at most).</summary>
internal sealed record Put(string Path, int Length, PutHow How, int Seed) : SourceOperation;

internal sealed record Delete(string Path) : SourceOperation;

/// <summary>Deletes a directory and all below it.</summary>
internal sealed record DeleteTree(string Directory) : SourceOperation;

internal sealed record Move(string From, string To) : SourceOperation;

internal sealed record Touch(string Path, int SecondsAgo) : SourceOperation;

/// <summary>A change of the source through the cache: whoever asks after it was answered must be told of it, in every mode.</summary>
internal abstract record WriteOperation : Operation;

internal sealed record PutThrough(string Path, int Length, int Seed) : WriteOperation;

internal sealed record DeleteThrough(string Path) : WriteOperation;

internal sealed record DeleteTreeThrough(string Directory) : WriteOperation;

internal sealed record MoveThrough(string From, string To) : WriteOperation;

internal sealed record MakeDirectoryThrough(string Directory) : WriteOperation;

/// <summary>A write that the under storage fails, before it has committed it or after.</summary>
internal sealed record FaultedWrite(WriteOperation Inner, bool AfterCommit) : Operation;

/// <summary>A write that the under storage holds, before it commits or after, until a question was answered.</summary>
internal sealed record DuringWrite(WriteOperation Outer, bool AfterCommit, Question Inner) : Operation;

/// <summary>Something asked of the cache, whose answer is checked.</summary>
internal abstract record Question : Operation;

/// <summary>Opens a file and reads a range, which may reach past its end.</summary>
internal sealed record Read(string Path, int Offset, int Length, bool Lent) : Question;

internal sealed record Stat(string Path) : Question;

internal sealed record List(string Directory, bool Recursive) : Question;

/// <summary>Opens a file and keeps it open in a slot.</summary>
internal sealed record Open(int Slot, string Path) : Question;

/// <summary>Reads from a file that was opened some steps ago.</summary>
internal sealed record ReadOpen(int Slot, int Offset, int Length) : Question;

internal sealed record Free(string Path) : Question;

internal sealed record FreeTree(string Directory) : Question;

internal sealed record Advance(int Seconds) : Operation;

internal sealed record Restart(RestartHow How, int Seed) : Operation;

/// <summary>A question during which the under storage misbehaves.</summary>
internal sealed record Faulted(Question Inner, Fault Fault) : Operation;

/// <summary>A question whose first request of that kind to the under storage is held until another operation was begun.</summary>
internal sealed record During(Question Outer, UfsRequest Held, Operation Inner) : Operation;

internal enum RestartHow : byte
{
    Clean,

    /// <summary>The store's files as they are in the middle of the work, as after kill -9.</summary>
    Crash,

    /// <summary>As Crash, and a backing file of the store was damaged meanwhile.</summary>
    Damage,
}

internal enum Fault : byte
{
    StatusFails,
    OpenFails,
    ReadFails,
    ListFails,

    /// <summary>A reader finds in the middle that the source has changed.</summary>
    ChangedInTheMiddle,

    /// <summary>A reader ends too early.</summary>
    EndsShort,

    /// <summary>Readers give a few bytes at a time.</summary>
    SmallPieces,

    /// <summary>Readers say that their bytes must not be kept.</summary>
    NotToBeKept,
}
