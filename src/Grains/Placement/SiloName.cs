using System.Globalization;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Grains.Placement;

/// <summary>
/// What a silo is called in the membership: <c>n1=http://10.0.0.1:28080</c>, or <c>n1*2=...</c> with a weight other than 1. So a silo's name,
/// address and weight become known in one step with the silo itself, and there is no second table that could disagree.
/// </summary>
public static class SiloName
{
    /// <summary>The column that holds it in membership tables.</summary>
    public const int MaxLength = 150;

    public static string Of(RingMember member)
    {
        string weight = member.Weight == 1 ? "" : "*" + member.Weight.ToString("R", CultureInfo.InvariantCulture);
        string name = $"{member.Name}{weight}={member.Address.GetLeftPart(UriPartial.Authority)}";
        return name.Length <= MaxLength
            ? name
            : throw new CacheException(CacheError.InvalidArgument, $"The node's name and address, '{name}', are longer than {MaxLength} characters together; choose a shorter --name.");
    }

    /// <summary>Null for silos that are no nodes of a cache.</summary>
    public static RingMember? TryParse(string? text)
    {
        string[] parts = (text ?? "").Split('=', 2);
        string[] name = parts[0].Split('*');
        double weight = 1;
        if (parts.Length < 2 || name.Length > 2 || name[0].Length == 0
            || (name.Length == 2 && !double.TryParse(name[1], NumberStyles.Float, CultureInfo.InvariantCulture, out weight))
            || !Uri.TryCreate(parts[1], UriKind.Absolute, out Uri? address)
            || weight is not (>= RingMember.MinWeight and <= RingMember.MaxWeight))
            return null;
        return new RingMember(name[0], address, weight);
    }
}
