using System.Globalization;
using Orleans.Cache.Fuse;
using Orleans.Cache.Fuse.Mounting;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Gateway.Fuse;

/// <summary>Where and how the cache is mounted, as people write it: <c>/mnt/cache,allow-other,uid=1000</c>. Immutable.</summary>
/// <param name="MountPoint">A directory; absolute.</param>
/// <param name="View">How files look.</param>
/// <param name="Options">How it is mounted.</param>
public sealed record MountArguments(string MountPoint, CacheMountOptions View, FuseOptions Options)
{
    /// <summary>All options, for help texts.</summary>
    public const string Known = "allow-other, root=PATH, uid=N, gid=N, umask=OCTAL, no-permissions, no-passthrough, readers=N, read-ahead=KIB, deadline=SECONDS";

    /// <summary>Whether writing was asked for, as mount(8) does by itself for lines of fstab: it is not to be had.</summary>
    public bool WantedWriting { get; init; }

    /// <param name="text">The directory, and options behind commas.</param>
    /// <param name="workingDirectory">What a relative directory starts from.</param>
    /// <exception cref="CacheException">InvalidArgument: names the option and what it may be.</exception>
    public static MountArguments Parse(string text, string workingDirectory)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (parts[0].Length == 0)
            throw new CacheException(CacheError.InvalidArgument, $"'{text}' names no directory; write for example /mnt/cache.");
        return Parse(Path.GetFullPath(parts[0], workingDirectory), parts[1..]);
    }

    /// <inheritdoc cref="Parse(string, string)"/>
    public static MountArguments Parse(string mountPoint, IReadOnlyList<string> options)
    {
        var view = new CacheMountOptions { Process = (CurrentUser.Owner, CurrentUser.Group) };
        var how = new FuseOptions();
        bool wantsWriting = false;
        foreach (string option in options.Where(o => o.Length > 0))
        {
            string[] pair = option.Split('=', 2);
            string value = pair.Length == 2 ? pair[1] : "";
            (view, how) = pair[0] switch
            {
                "allow-other" or "allow_other" => (view, how with { AllowOther = true }),
                "no-permissions" => (view, how with { DefaultPermissions = false }),
                "no-passthrough" => (view, how with { Passthrough = false }),
                "root" => (view with { Root = CachePath.Parse(value) }, how),
                "uid" => (view with { Owner = Number(option, value, uint.MaxValue) }, how),
                "gid" => (view with { Group = Number(option, value, uint.MaxValue) }, how),
                "umask" => (view with { Umask = Octal(option, value) }, how),
                "readers" => (view, how with { Readers = Math.Max(1, (int)Number(option, value, 64)) }),
                "read-ahead" => (view, how with { ReadAheadBytes = (int)Number(option, value, 1024 * 1024) * CacheLimits.KiB }),
                "deadline" => (view, how with { Deadline = TimeSpan.FromSeconds(Math.Max(1, Number(option, value, 3600))) }),
                // What mount(8) and fstab hand on to every program; "rw" is of it where nobody said otherwise.
                "rw" => (view, how),
                "ro" or "nosuid" or "nodev" or "noatime" or "noauto" or "_netdev" or "defaults" => (view, how),
                _ => throw new CacheException(CacheError.InvalidArgument, $"'{option}' is no option of a mount; there are {Known}."),
            };
            wantsWriting = pair[0] == "rw" || (wantsWriting && pair[0] != "ro");
        }
        return new MountArguments(mountPoint, view, how) { WantedWriting = wantsWriting };
    }

    public override string ToString() => MountPoint;

    private static uint Number(string option, string value, uint most) =>
        uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number <= most
            ? number
            : throw new CacheException(CacheError.InvalidArgument, $"'{option}' takes a number up to {most}.");

    private static int Octal(string option, string value)
    {
        const int Most = 0x1FF; // 0777
        int mask = 0;
        foreach (char digit in value)
            mask = digit is >= '0' and <= '7' && mask <= Most ? mask * 8 + (digit - '0') : Most + 1;
        return value.Length > 0 && mask <= Most
            ? mask
            : throw new CacheException(CacheError.InvalidArgument, $"'{option}' takes octal digits, such as umask=022.");
    }
}
