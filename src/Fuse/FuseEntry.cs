namespace Orleans.Cache.Fuse;

/// <summary>What a name of a directory leads to.</summary>
/// <param name="Node">None: nothing is there, and for <paramref name="NameValid"/> that may be believed.</param>
/// <param name="Attributes">Of what is there.</param>
/// <param name="NameValid">How long the kernel may believe that the name leads there.</param>
/// <param name="AttributesValid">How long it may believe the attributes.</param>
public readonly record struct FuseEntry(NodeId Node, FuseAttributes Attributes, TimeSpan NameValid, TimeSpan AttributesValid)
{
    /// <summary>Nothing is there.</summary>
    public static FuseEntry Absent(TimeSpan valid) => new(NodeId.None, default, valid, TimeSpan.Zero);
}

/// <summary>Attributes, and how long the kernel may believe them.</summary>
public readonly record struct FuseStatus(FuseAttributes Attributes, TimeSpan Valid);
