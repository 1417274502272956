namespace Orleans.Cache.Identity;

/// <summary>
/// 128-bit name of one immutable content: hash of identity, key, version, length and page size (see <see cref="FileRef"/>).
/// The version is in the name, so a cached page can be unused, never wrong.
/// </summary>
public readonly record struct FileId(UInt128 Value)
{
    public override string ToString() => Value.ToString("x32", null);
}

/// <summary>Page <paramref name="Index"/> (0-based) of one content.</summary>
public readonly record struct PageId(FileId File, long Index)
{
    public override string ToString() => $"{File}/{Index}";
}
