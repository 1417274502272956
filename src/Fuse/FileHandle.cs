namespace Orleans.Cache.Fuse;

/// <summary>Names one open file or directory, from its opening to its release.</summary>
public readonly record struct FileHandle(ulong Value);
