namespace Orleans.Cache.UfsConnectors;

/// <summary>
/// Where a secret is: <c>env:NAME</c>, an environment variable, or <c>file:/path</c>, the first line of a file. What is configured, stored, logged
/// and shown is this reference; the secret itself is read when the connector is made and goes nowhere else.
/// </summary>
internal static class SecretReference
{
    /// <summary>The secret, or null where the option is not given.</summary>
    /// <exception cref="CacheException">InvalidArgument: no reference, or nothing there. The text that was given is not repeated: it may be the secret itself.</exception>
    public static string? Read(ConnectorOptions options, string name)
    {
        if (options.Text(name) is not { } reference)
            return null;
        if (reference.StartsWith("env:", StringComparison.Ordinal))
        {
            string variable = reference["env:".Length..];
            return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
                ? value
                : throw ConnectorOptions.Invalid($"{name}: the environment variable '{variable}' is not set.");
        }
        if (!reference.StartsWith("file:", StringComparison.Ordinal))
            throw ConnectorOptions.Invalid($"{name} takes no secret but where it is: write {name}=env:VARIABLE or {name}=file:/path.");
        string path = reference["file:".Length..];
        try
        {
            using var file = new StreamReader(path);
            return file.ReadLine() is { } line && line.Trim() is { Length: > 0 } secret ? secret : throw ConnectorOptions.Invalid($"{name}: the first line of '{path}' is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw ConnectorOptions.Invalid($"{name}: '{path}' cannot be read ({e.GetType().Name}).");
        }
    }
}
