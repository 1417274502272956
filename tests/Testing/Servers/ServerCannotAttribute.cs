namespace Orleans.Cache.Testing.Servers;

/// <summary>The server of this class, not the connector, cannot do what an inherited fact asks for: it is skipped, with the reason.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class ServerCannotAttribute(string fact, string reason) : Attribute
{
    /// <summary>Name of the inherited method.</summary>
    public string Fact { get; } = fact;

    public string Reason { get; } = reason;
}
