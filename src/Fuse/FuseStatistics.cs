namespace Orleans.Cache.Fuse;

/// <summary>What statfs(2) tells.</summary>
/// <param name="BlockSize">Bytes of a block.</param>
/// <param name="Blocks">All blocks.</param>
/// <param name="FreeBlocks">Of these, free.</param>
/// <param name="Files">All files.</param>
/// <param name="NameLength">Bytes of the longest name.</param>
public readonly record struct FuseStatistics(uint BlockSize, ulong Blocks, ulong FreeBlocks, ulong Files, uint NameLength);
