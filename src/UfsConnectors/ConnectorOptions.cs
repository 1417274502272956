using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Orleans.Cache.UfsConnectors;

/// <summary>What a mount says beyond its URI to the connector: options by name, as text. Holds references to secrets, never secrets.</summary>
public sealed record ConnectorOptions
{
    public static ConnectorOptions None { get; } = new();

    /// <summary>Names as <see cref="UnderStorageFactory.OptionsOf"/> gives them; flags have an empty value.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>The mount takes writes: the check at its start tries what the store can do for them.</summary>
    public bool IsWritable { get; init; }

    public ILogger Log { get; init; } = NullLogger.Instance;

    internal string? Text(string name) => Values.GetValueOrDefault(name);

    internal bool Flag(string name) => Values.ContainsKey(name);

    internal int Number(string name, int least, int most, int otherwise)
    {
        if (Text(name) is not { } text)
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw Invalid($"{name}={text} is not a number from {least} to {most}.");
    }

    internal string? OneOf(string name, params string[] known)
    {
        string? text = Text(name);
        return text is null || known.Contains(text) ? text : throw Invalid($"{name}={text} is unknown; write {string.Join(" or ", known)}.");
    }

    internal static CacheException Invalid(string message) => new(CacheError.InvalidArgument, message);
}
