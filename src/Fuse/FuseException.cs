namespace Orleans.Cache.Fuse;

/// <summary>An operation that failed with an error number (<see cref="Fuse.Errno"/>), or a mount that could not be made.</summary>
public sealed class FuseException(int errno, string? message = null) : Exception(message ?? $"errno {errno}")
{
    public int Errno { get; } = errno;
}
