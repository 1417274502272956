using System.Globalization;

namespace Orleans.Cache.Cli.Output;

/// <summary>How figures and names appear on a terminal.</summary>
internal static class Text
{
    /// <summary>"1.5 GiB": the largest binary unit that gives at least 1.</summary>
    public static string Size(long bytes)
    {
        double value = bytes;
        int unit = 0;
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        for (; value >= 1024 && unit < units.Length - 1; unit++)
            value /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }

    /// <summary>"12,345".</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Percent(double part, double whole) =>
        whole <= 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{100 * part / whole:0.#} %");

    public static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>"0.031 s", "12.4 s".</summary>
    public static string Seconds(double seconds) => Number(seconds, seconds < 10 ? 3 : 1) + " s";

    /// <summary>With so many decimals, "12,345.6".</summary>
    public static string Number(double number, int decimals) => number.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    public static string Mebibytes(double bytes) => Number(bytes / (1024 * 1024), 1);

    public static string Uptime(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => $"{(int)time.TotalDays} d {time.Hours} h",
        { TotalHours: >= 1 } => $"{time.Hours} h {time.Minutes} min",
        { TotalMinutes: >= 1 } => $"{time.Minutes} min {time.Seconds} s",
        _ => $"{(int)time.TotalSeconds} s",
    };

    /// <summary>A name fit for a terminal: control characters could rewrite the screen. Programs that read our output get it as it is.</summary>
    public static string Name(string name) =>
        Console.IsOutputRedirected || !name.Any(char.IsControl) ? name : string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));
}
