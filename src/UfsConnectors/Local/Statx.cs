using System.Runtime.InteropServices;
using Orleans.Cache.Identity;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Local;

/// <summary>The kernel's struct statx (the same on every architecture), as far as it is used here.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct Statx
{
    private const int TypeMask = 0xF000;

    [FieldOffset(20)]
    private readonly uint _owner;

    [FieldOffset(24)]
    private readonly uint _group;

    [FieldOffset(28)]
    private readonly ushort _mode;

    [FieldOffset(32)]
    private readonly ulong _inode;

    [FieldOffset(40)]
    private readonly long _size;

    [FieldOffset(96)]
    private readonly long _ctimeSeconds;

    [FieldOffset(104)]
    private readonly uint _ctimeNanoseconds;

    [FieldOffset(112)]
    private readonly long _mtimeSeconds;

    [FieldOffset(120)]
    private readonly uint _mtimeNanoseconds;

    [FieldOffset(136)]
    private readonly uint _deviceMajor;

    [FieldOffset(140)]
    private readonly uint _deviceMinor;

    public readonly bool IsFile => (_mode & TypeMask) == 0x8000;

    public readonly bool IsDirectory => (_mode & TypeMask) == 0x4000;

    public readonly bool IsLink => (_mode & TypeMask) == 0xA000;

    public readonly long Size => _size;

    /// <summary>Which object this is, whatever names lead to it.</summary>
    public readonly (ulong Device, ulong Inode) Object => ((ulong)_deviceMajor << 32 | _deviceMinor, _inode);

    public readonly LocalStamp Stamp => new(
        Object.Device, _inode, _size, new FileTime(_mtimeSeconds, _mtimeNanoseconds), new FileTime(_ctimeSeconds, _ctimeNanoseconds));

    /// <summary>The status of a file or directory.</summary>
    public readonly UfsStatus StatusOf(string key) => (IsDirectory
        ? new UfsStatus(key, IsDirectory: true, 0, Stamp.Modified.ToDateTimeOffset(), default)
        : new UfsStatus(key, IsDirectory: false, _size, Stamp.Modified.ToDateTimeOffset(), Stamp.ToVersion())) with
    {
        Posix = new PosixAttributes(_mode & ~TypeMask, _owner, _group),
    };
}

/// <summary>
/// What tells one content of a local file from another: device, inode, size, mtime and ctime. mtime alone is not enough, since
/// rsync, tar and cp -p set it back; ctime cannot be set, every change of content, name or mode moves it. It is as strong as the
/// file system's clock is fine: see <see cref="IsSettled"/>.
/// </summary>
internal readonly record struct LocalStamp(ulong Device, ulong Inode, long Size, FileTime Modified, FileTime Changed)
{
    /// <summary>
    /// Two writes within one tick of the file system's clock leave equal stamps. The coarsest clock in use ticks every 2 s
    /// (FAT); git calls younger files "racily clean" and looks at them again.
    /// </summary>
    private static readonly TimeSpan CoarsestTick = TimeSpan.FromSeconds(2);

    public FileVersion ToVersion() => new($"{Device:x}-{Inode:x}-{Size:x}-{Modified}-{Changed}");

    /// <summary>
    /// Whether a read that started at <paramref name="start"/> and saw this stamp before and after proves that the bytes are this
    /// stamp's only content: a later change would move ctime past it. A ctime younger than a tick, or in the future, proves
    /// nothing (the clock was set back, and a change now could repeat it), so such a file is never published until time has
    /// passed it. An mtime is under the user's control: one that lies far in the future beside an old ctime was set on
    /// purpose and would otherwise block publishing for ever, so it is not held against the file; only an mtime near now is.
    /// </summary>
    public bool IsSettled(DateTimeOffset start)
    {
        DateTimeOffset changed = Changed.ToDateTimeOffset(), modified = Modified.ToDateTimeOffset();
        return changed <= start - CoarsestTick && (modified <= start - CoarsestTick || modified > start + CoarsestTick);
    }
}

/// <summary>A time as the kernel tells it: seconds since 1970 and nanoseconds.</summary>
internal readonly record struct FileTime(long Seconds, uint Nanoseconds)
{
    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeSeconds();
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>To 100 ns; times outside the calendar (file systems allow them) become its ends.</summary>
    public DateTimeOffset ToDateTimeOffset() => Seconds < Earliest ? DateTimeOffset.MinValue
        : Seconds >= Latest ? DateTimeOffset.MaxValue
        : DateTimeOffset.FromUnixTimeSeconds(Seconds).AddTicks(Nanoseconds / 100);

    public override string ToString() => $"{Seconds:x}.{Nanoseconds:x}";
}
