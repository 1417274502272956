namespace Orleans.Cache.Cli;

/// <summary>The version of this program, which is that of the node built with it.</summary>
internal static class ProgramVersion
{
    public static string Value { get; } = typeof(ProgramVersion).Assembly.GetName().Version!.ToString(3);
}
