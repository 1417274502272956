using System.Collections;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>
/// What was given for each setting, from where it counts: a switch before the environment, the environment before the file.
/// The strongest source of a setting replaces the others as a whole: mounts given as switches are not added to those of a file.
/// </summary>
internal sealed class GivenSettings
{
    /// <summary>Variables of other programs of this project that share the prefix.</summary>
    private static readonly string[] ForeignVariables = ["OCACHE_URL"];

    private readonly Dictionary<Setting, IReadOnlyList<GivenValue>> _values = [];

    public GivenSettings(IReadOnlyDictionary<Setting, IReadOnlyList<GivenValue>> switches, IDictionary environment, ICollection<string> problems)
    {
        IReadOnlyDictionary<Setting, IReadOnlyList<GivenValue>> variables = FromEnvironment(environment, problems);
        Add(switches);
        Add(variables);
        if (Single(Settings.Config) is { } file)
            Add(FromFile(file.Text, problems));
    }

    /// <summary>All values of a setting; empty where the default counts.</summary>
    public IReadOnlyList<GivenValue> All(Setting setting) => _values.GetValueOrDefault(setting, []);

    /// <summary>The value of a setting that takes one; null where the default counts. The last one stands: a doubled one is refused elsewhere.</summary>
    public GivenValue? Single(Setting setting) => All(setting) is { Count: > 0 } values ? values[^1] : null;

    /// <summary>Settings that take one value and got more.</summary>
    public IEnumerable<Setting> Doubled => _values.Where(pair => !pair.Key.Repeatable && pair.Value.Count > 1).Select(pair => pair.Key);

    private void Add(IReadOnlyDictionary<Setting, IReadOnlyList<GivenValue>> weaker)
    {
        foreach ((Setting setting, IReadOnlyList<GivenValue> values) in weaker)
            _values.TryAdd(setting, values);
    }

    private static Dictionary<Setting, IReadOnlyList<GivenValue>> FromEnvironment(IDictionary environment, ICollection<string> problems)
    {
        var given = new Dictionary<Setting, IReadOnlyList<GivenValue>>();
        foreach (DictionaryEntry variable in environment)
        {
            var name = (string)variable.Key;
            string value = variable.Value as string ?? "";
            if (!name.StartsWith(Setting.EnvironmentPrefix, StringComparison.Ordinal) || value.Length == 0
                || ForeignVariables.Contains(name) || IsServiceLink(name, value))
                continue;
            if (Settings.All.FirstOrDefault(s => s.Variable == name) is not { } setting)
                problems.Add($"{name} is not a variable of this node.{Suggestion.For(name, Settings.All.Select(s => s.Variable), "variables")}");
            else
                given[setting] = [.. Split(setting, value).Select(text => new GivenValue(text, name))];
        }
        return given;
    }

    private static string[] Split(Setting setting, string value) =>
        setting.Repeatable ? value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [value];

    /// <summary>
    /// Kubernetes puts OCACHE_REST_PORT=tcp://10.0.0.7:28080, OCACHE_SERVICE_HOST and the like into every container that starts
    /// beside a service of that name. They are not meant for us.
    /// </summary>
    private static bool IsServiceLink(string name, string value) =>
        value.StartsWith("tcp://", StringComparison.Ordinal) || value.StartsWith("udp://", StringComparison.Ordinal)
        || name.EndsWith("_SERVICE_HOST", StringComparison.Ordinal) || name.Contains("_SERVICE_PORT", StringComparison.Ordinal)
        || name.Contains("_TCP_", StringComparison.Ordinal) || name.Contains("_UDP_", StringComparison.Ordinal);

    private static Dictionary<Setting, IReadOnlyList<GivenValue>> FromFile(string path, ICollection<string> problems)
    {
        var given = new Dictionary<Setting, IReadOnlyList<GivenValue>>();
        foreach ((string key, IReadOnlyList<string> values) in ConfigurationFile.Read(path, problems))
        {
            Setting? setting = Settings.All.FirstOrDefault(s => s.Name == key && s != Settings.Config);
            if (setting is null)
                problems.Add($"'{key}' in {path} is not a setting.{Suggestion.For(key, Settings.All.Where(s => s != Settings.Config).Select(s => s.Name), "settings")}");
            else
                given[setting] = [.. values.Select(text => new GivenValue(text, $"'{key}' in {path}"))];
        }
        return given;
    }
}
