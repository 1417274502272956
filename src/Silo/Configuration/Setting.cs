namespace Orleans.Cache.Silo.Configuration;

/// <summary>
/// One thing that can be configured. Its name is the switch (<c>--rest-port</c>), the key in a file (<c>rest-port</c>) and, in
/// capitals with underscores, the environment variable (<c>OCACHE_REST_PORT</c>).
/// </summary>
internal sealed record Setting(string Name, string Value, string Description)
{
    public const string EnvironmentPrefix = "OCACHE_";

    /// <summary>May be given several times; in the environment ';' separates the values.</summary>
    public bool Repeatable { get; init; }

    /// <summary>A switch without a value; elsewhere true or false.</summary>
    public bool IsFlag { get; init; }

    public string Switch => "--" + Name;

    public string Variable => EnvironmentPrefix + Name.ToUpperInvariant().Replace('-', '_');

    public override string ToString() => Name;
}

/// <summary>A value as it was written, and where: the origin is named in every complaint about it.</summary>
internal readonly record struct GivenValue(string Text, string Origin);
