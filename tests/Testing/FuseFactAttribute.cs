namespace Orleans.Cache.Testing;

/// <summary>A test that mounts through /dev/fuse; skipped, with the reason, where there is none or this user may not mount.</summary>
public sealed class FuseFactAttribute : FactAttribute
{
    /// <param name="program">One that the test needs and that not every machine has; null: none.</param>
    public FuseFactAttribute(string? program = null) =>
        Skip = Reason ?? (program is null || File.Exists(program) ? null : $"{program} is not installed here; run eng/fuse-programs.sh.");

    /// <summary>Null: it can be mounted.</summary>
    public static string? Reason { get; } =
        !File.Exists("/dev/fuse") ? "There is no /dev/fuse here: load the fuse module, or give the container the device (--device /dev/fuse)."
        : !Environment.IsPrivilegedProcess ? "Mounting through /dev/fuse is tested as root: run the tests as root with CAP_SYS_ADMIN."
        : null;
}
