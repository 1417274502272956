namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>What doctor found.</summary>
/// <param name="Verdict">"ok", "warnings" or "failures": the worst of the checks.</param>
/// <param name="Checks">In the order they were made.</param>
internal sealed record Diagnosis(string Verdict, IReadOnlyList<Check> Checks)
{
    public static Diagnosis Of(IReadOnlyList<Check> checks) => new(
        checks.Any(c => c.Result == Check.Failed) ? "failures" : checks.Any(c => c.Result == Check.Warned) ? "warnings" : "ok", checks);
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">Stable, for programs.</param>
/// <param name="Result">"ok", "warning" or "failure".</param>
/// <param name="Found">What is so.</param>
/// <param name="Remedy">What to do about it; null where nothing is.</param>
internal sealed record Check(string Name, string Result, string Found, string? Remedy = null)
{
    public const string Passed = "ok";
    public const string Warned = "warning";
    public const string Failed = "failure";

    public static Check Ok(string name, string found) => new(name, Passed, found);

    public static Check Warning(string name, string found, string remedy) => new(name, Warned, found, remedy);

    public static Check Failure(string name, string found, string remedy) => new(name, Failed, found, remedy);
}
