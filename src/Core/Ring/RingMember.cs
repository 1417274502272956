namespace Orleans.Cache.Ring;

/// <summary>A node on the ring.</summary>
/// <param name="Name">Stable: it is what is hashed, so a node that restarts, or moves to another address, gets its arcs and its warm pages back.</param>
/// <param name="Address">Where its REST API listens.</param>
/// <param name="Weight">Its share against others'; 1 is usual. From <see cref="MinWeight"/> to <see cref="MaxWeight"/>.</param>
public sealed record RingMember(string Name, Uri Address, double Weight = 1)
{
    /// <summary>Below it a share would be a handful of points, and far from what was asked for.</summary>
    public const double MinWeight = 1.0 / 64;

    /// <summary>Above it one node would hold more points than sixty others together: a mistyped number.</summary>
    public const double MaxWeight = 64;

    /// <exception cref="CacheException">InvalidArgument: what is wrong with the member.</exception>
    public void Validate()
    {
        if (Name.Length == 0)
            throw new CacheException(CacheError.InvalidArgument, $"The node at {Address} has no name; give each node one of its own.");
        if (double.IsNaN(Weight) || Weight < MinWeight || Weight > MaxWeight)
            throw new CacheException(CacheError.InvalidArgument, $"The weight {Weight} of node '{Name}' is not from 1/64 to 64.");
    }
}
