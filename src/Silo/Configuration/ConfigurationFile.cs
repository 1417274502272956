using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>
/// Reads a YAML or JSON file of settings: one object, a value or a list of values per key. Gives the texts as they were
/// written; what they mean is decided in one place for switches, variables and files alike.
/// </summary>
internal static class ConfigurationFile
{
    /// <summary>A configuration of a thousand mounts has 100 KB; more is another kind of file, given by mistake.</summary>
    private const long MaxBytes = 4 * CacheLimits.MiB;

    public static Dictionary<string, IReadOnlyList<string>> Read(string path, ICollection<string> problems)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                throw new FormatException("it is larger than 4 MiB");
            string text = File.ReadAllText(path);
            return path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ReadJson(text) : ReadYaml(text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"--config {path} cannot be read: {FirstLine(e.Message)}");
        }
        catch (Exception e) when (e is FormatException or YamlException or JsonException)
        {
            problems.Add($"--config {path} is not a file of settings: {FirstLine(e.Message)}");
        }
        return [];
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadJson(string text)
    {
        var options = new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false };
        using JsonDocument document = JsonDocument.Parse(text, options);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new FormatException("it holds no object of settings");
        return document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => Values(p.Name, p.Value));
    }

    private static IReadOnlyList<string> Values(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => Scalar(key, item))] : [Scalar(key, value)];

    private static string Scalar(string key, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => throw NotAValue(key),
    };

    private static Dictionary<string, IReadOnlyList<string>> ReadYaml(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        if (yaml.Documents.Count == 0)
            return [];
        if (yaml.Documents.Count > 1 || yaml.Documents[0].RootNode is not YamlMappingNode root)
            throw new FormatException("it holds no single mapping of settings");
        var values = new Dictionary<string, IReadOnlyList<string>>();
        foreach ((YamlNode key, YamlNode value) in root.Children)
        {
            string name = key is YamlScalarNode { Value: { } scalar } ? scalar : throw new FormatException("a key is not a plain word");
            values[name] = value is YamlSequenceNode list ? [.. list.Children.Select(item => Scalar(name, item))] : [Scalar(name, value)];
        }
        return values;
    }

    private static string Scalar(string key, YamlNode value) =>
        value is YamlScalarNode { Value: { Length: > 0 } text } ? text : throw NotAValue(key);

    private static FormatException NotAValue(string key) => new($"the value of '{key}' is neither a plain value nor a list of them");

    private static string FirstLine(string message) => message.ReplaceLineEndings("\n").Split('\n')[0];
}
