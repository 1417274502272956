using System.Globalization;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>
/// Sizes as people write them: 10GiB, 512MB, 1g, 1.5TiB, 4096. KiB, MiB ... are powers of 1024, KB, MB ... powers of 1000; a single
/// letter means the power of 1024, as it does for most tools that take one.
/// </summary>
internal static class ByteSize
{
    public const string Form = "a size such as 10GiB, 512MB or 1g";

    private static readonly string[] Prefixes = ["", "k", "m", "g", "t", "p"];

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        string trimmed = text.Trim();
        int digits = trimmed.AsSpan().IndexOfAnyExceptInRange('.', '9');
        string unit = digits < 0 ? "" : trimmed[digits..].Trim().ToLowerInvariant();
        string number = digits < 0 ? trimmed : trimmed[..digits];
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value))
            return false;
        if (!TryGetFactor(unit, out decimal factor) || value > long.MaxValue / factor)
            return false;
        bytes = (long)(value * factor);
        return true;
    }

    /// <summary>In the largest binary unit that gives at least 1, with at most one decimal.</summary>
    public static string Format(long bytes)
    {
        double value = bytes;
        int power = 0;
        while (value >= 1024 && power < Prefixes.Length - 1)
        {
            value /= 1024;
            power++;
        }
        string unit = power == 0 ? "B" : Prefixes[power].ToUpperInvariant() + "iB";
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {unit}");
    }

    private static bool TryGetFactor(string unit, out decimal factor)
    {
        factor = 1;
        for (int power = 0; power < Prefixes.Length; power++)
        {
            string prefix = Prefixes[power];
            bool binary = unit == prefix || unit == prefix + "ib";
            if (!binary && unit != prefix + "b")
                continue;
            for (int i = 0; i < power; i++)
                factor *= binary ? 1024 : 1000;
            return true;
        }
        return false;
    }
}
