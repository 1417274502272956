namespace Orleans.Cache.Gateway.Rest.Inspecting;

/// <summary>One setting as it counts.</summary>
/// <param name="Name">Name of its switch, without dashes.</param>
/// <param name="Values">As understood, secrets left out; none where the setting is off.</param>
/// <param name="Origin">"default", "flag", "env" or "file".</param>
/// <param name="From">The switch, variable or key and file; null for a default.</param>
public sealed record NodeSetting(string Name, IReadOnlyList<string> Values, string Origin, string? From);

/// <summary>The node's configuration as it counts. Registered by whoever read it.</summary>
public sealed record NodeSettings(IReadOnlyList<NodeSetting> Settings);
