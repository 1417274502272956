using System.Globalization;

namespace Orleans.Cache.Cli.Commands;

/// <summary>Sizes as people write them: 4096, 64KiB, 1MB, 2g. KiB, MiB ... and single letters are powers of 1024, KB, MB ... powers of 1000.</summary>
internal static class Size
{
    private const string Prefixes = "kmgt";

    /// <exception cref="CommandFailedException">No size.</exception>
    public static long Parse(string text, string option)
    {
        int digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9') is >= 0 and int end ? end : text.Length;
        if (decimal.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out decimal number)
            && FactorOf(text[digits..].ToLowerInvariant()) is { } factor && number <= long.MaxValue / factor)
            return (long)(number * factor);
        throw new CommandFailedException(ExitCode.Usage, $"{option} '{text}' is not a size; give one such as 4096, 64KiB or 1MB.");
    }

    private static decimal? FactorOf(string unit)
    {
        if (unit is "" or "b")
            return 1;
        int power = Prefixes.IndexOf(unit[0], StringComparison.Ordinal) + 1;
        decimal? step = unit[1..] switch { "" or "ib" => 1024, "b" => 1000, _ => null };
        if (power == 0 || step is null)
            return null;
        decimal factor = 1;
        for (; power > 0; power--)
            factor *= step.Value;
        return factor;
    }
}
