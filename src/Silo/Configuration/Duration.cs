using System.Globalization;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>Durations as people write them: 100ms, 60s, 5m, 2h, 1d. A number without a unit is refused: it has meant too many things.</summary>
internal static class Duration
{
    public const string Form = "a duration such as 100ms, 60s, 5m or 2h";

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        string trimmed = text.Trim();
        int digits = trimmed.AsSpan().IndexOfAnyExceptInRange('.', '9');
        if (digits <= 0 || !double.TryParse(trimmed[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
            return false;
        double? seconds = trimmed[digits..].Trim().ToLowerInvariant() switch
        {
            "ms" => value / 1000,
            "s" => value,
            "m" => value * 60,
            "h" => value * 3600,
            "d" => value * 86_400,
            _ => null,
        };
        if (seconds is null || seconds > TimeSpan.MaxValue.TotalSeconds / 2)
            return false;
        duration = TimeSpan.FromSeconds(seconds.Value);
        return true;
    }
}
