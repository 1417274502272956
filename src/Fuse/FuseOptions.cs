namespace Orleans.Cache.Fuse;

/// <summary>How a mount is made and served. Immutable.</summary>
public sealed record FuseOptions
{
    /// <summary>What stands as the device in the mount table.</summary>
    public string Source { get; init; } = "ocache";

    /// <summary>The file system's type is "fuse." and this; by it dead mounts are known to be our own.</summary>
    public string Subtype { get; init; } = "ocache";

    /// <summary>Users other than the mount's own may enter.</summary>
    public bool AllowOther { get; init; }

    /// <summary>The kernel checks owners and modes.</summary>
    public bool DefaultPermissions { get; init; } = true;

    /// <summary>Threads that read requests: two keep two processors busy; more of them idle make waking dearer.</summary>
    public int Readers { get; init; } = Math.Min(2, Environment.ProcessorCount);

    /// <summary>Bytes of the largest read: 256 pages of 4 KiB, which is what the kernel allows.</summary>
    public int MaxReadBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes that the kernel reads ahead. As large as a read, or reads do not become large.</summary>
    public int ReadAheadBytes { get; init; } = 1024 * 1024;

    /// <summary>Requests that the kernel has under way for nobody (read-ahead); each can hold a buffer of <see cref="MaxReadBytes"/>.</summary>
    public int MaxBackground { get; init; } = 64;

    /// <summary>Whoever has waited this long is told that it timed out (ETIMEDOUT): longer than the 30 s in which a source counts as silent.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>
    /// After this the kernel itself ends the mount: the safety net below the deadline. Several deadlines, for it counts the time that requests wait for their turn, too.
    /// </summary>
    public TimeSpan KernelTimeout => (4 * Deadline) + TimeSpan.FromMinutes(1);

    /// <summary>How long open files may keep an unmounted file system alive before it is aborted.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether files may be handed to the kernel, where it and our rights allow it.</summary>
    public bool Passthrough { get; init; } = true;
}
