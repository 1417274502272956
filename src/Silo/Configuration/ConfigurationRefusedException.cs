namespace Orleans.Cache.Silo.Configuration;

/// <summary>The configuration cannot be used. Each problem is one line that names the value, where it stands and what to write instead.</summary>
internal sealed class ConfigurationRefusedException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
