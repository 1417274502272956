using System.Globalization;
using Orleans.Cache.Mounts;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>Reads <c>get=0.0004,list=0.005,egress=0.09</c>; what is left out keeps its default.</summary>
internal static class PricesParser
{
    /// <summary>Sums of years at such prices can be told in millionths.</summary>
    private const decimal Most = 1_000_000;

    private static readonly string[] Names = ["get", "list", "egress"];

    public static StorePrices Read(GivenValue? given, ICollection<string> problems)
    {
        StorePrices prices = StorePrices.Default;
        foreach (string part in given?.Text.Split(',') ?? [])
        {
            string[] pair = part.Split('=');
            bool isPrice = decimal.TryParse(pair[^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal price);
            if (pair.Length != 2 || !isPrice || price > Most || !Names.Contains(pair[0].Trim()))
                problems.Add($"{given!.Value.Origin}: '{part}' is not a price; write for example get=0.0004,list=0.005,egress=0.09.");
            else
                prices = pair[0].Trim() switch
                {
                    "get" => prices with { Get = price },
                    "list" => prices with { List = price },
                    _ => prices with { Egress = price },
                };
        }
        return prices;
    }
}
