namespace Orleans.Cache.Fuse;

/// <summary>Names a file or directory to the kernel until it forgets it. Never used again for another.</summary>
public readonly record struct NodeId(ulong Value)
{
    /// <summary>Nothing: as an answer to a look-up, that nothing is there.</summary>
    public static NodeId None => default;

    /// <summary>The mount point (FUSE_ROOT_ID).</summary>
    public static NodeId Root => new(1);

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
