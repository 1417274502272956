namespace Orleans.Cache.Pages;

/// <summary>One directory that keeps pages.</summary>
/// <param name="Path">Where; created (mode 0700) when it is missing. On tmpfs or on a disk.</param>
/// <param name="Capacity">Quota in bytes of allocated blocks. May exceed what the file system has free: a full one is handled when it comes.</param>
public sealed record StoreDirectoryOptions(string Path, long Capacity);
