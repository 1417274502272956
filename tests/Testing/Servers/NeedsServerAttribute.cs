namespace Orleans.Cache.Testing.Servers;

/// <summary>The facts of this class talk to a <see cref="StorageServer"/> or a <see cref="Processes.PostgresServer"/>; they are skipped, with the reason, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsServerAttribute(string kind) : Attribute
{
    public string Kind { get; } = kind;
}
