namespace Orleans.Cache.Cli.Output;

/// <summary>Colours and progress: on a terminal only, and no colours where NO_COLOR asks for none.</summary>
internal static class Terminal
{
    /// <summary>Standard output is read by a person.</summary>
    public static bool IsInteractive { get; } = !Console.IsOutputRedirected;

    /// <summary>Progress goes to standard error, so that output can be piped meanwhile.</summary>
    public static bool ShowsProgress { get; } = !Console.IsErrorRedirected && !IsDumb;

    private static bool IsDumb => Environment.GetEnvironmentVariable("TERM") is "dumb" or null or "";

    private static readonly bool Colours = IsInteractive && !IsDumb && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public static string Good(string text) => Paint(text, 32);

    public static string Doubtful(string text) => Paint(text, 33);

    public static string Bad(string text) => Paint(text, 31);

    public static string Strong(string text) => Paint(text, 1);

    private static string Paint(string text, int code) => Colours ? $"\e[{code}m{text}\e[0m" : text;
}
