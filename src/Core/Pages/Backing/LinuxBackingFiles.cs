using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Pages.Backing;

/// <summary>
/// Backing files in a directory: <c>pages/ab/{file id}-{incarnation}</c>, both in hexadecimal, ab the id's first two digits.
/// 256 directories keep 10 million files at 40,000 names each, which hashed directories look up in one step.
/// </summary>
internal sealed unsafe class LinuxBackingFiles : IBackingFiles
{
    private const int IdDigits = 32;

    /// <summary>"ab/" + id + "-" + incarnation + NUL.</summary>
    private const int MaxPath = 3 + IdDigits + 1 + 16 + 1;

    private int _directory;
    private readonly bool _openAt2;
    private readonly bool _readsNoWait;

    /// <exception cref="CacheException">InvalidArgument: the file system cannot keep pages.</exception>
    public LinuxBackingFiles(string pagesDirectory)
    {
        LinuxFiles.CreatePrivateDirectory(pagesDirectory);
        _directory = LinuxFiles.Open(pagesDirectory, LinuxFiles.ReadOnly, 0);
        if (_directory < 0)
            throw new CacheException(CacheError.InvalidArgument, $"The store directory '{pagesDirectory}' cannot be opened (errno {-_directory}).");
        BlockSize = LinuxFiles.BlockSize(_directory);
        _readsNoWait = Probe(pagesDirectory);
        NeverWaits = LinuxFiles.IsInMemory(_directory);
        byte dot = (byte)'.';
        byte* path = stackalloc byte[2] { dot, 0 };
        int again = LinuxFiles.OpenAt(_directory, path, LinuxFiles.ReadOnly, 0, cachedOnly: true);
        _openAt2 = again >= 0;
        if (again >= 0)
            LinuxFiles.Close(again);
    }

    public bool NeverWaits { get; }

    public int BlockSize { get; }

    public long FreeBytes => LinuxFiles.FreeBytes(_directory);

    /// <summary>Splits a backing file's name; false for a name that is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out FileId file, out long incarnation)
    {
        file = default;
        incarnation = 0;
        if (name.Length <= IdDigits + 1 || name[IdDigits] != '-'
            || !UInt128.TryParse(name[..IdDigits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 id)
            || !long.TryParse(name[(IdDigits + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out incarnation))
            return false;
        file = new FileId(id);
        return true;
    }

    public int Open(FileId file, long incarnation, BackingOpen how)
    {
        if (how == BackingOpen.CachedOnly && !NeverWaits && !_openAt2)
            return -LinuxFiles.TryAgain;
        byte* path = stackalloc byte[MaxPath];
        WritePath(path, file, incarnation);
        int flags = LinuxFiles.ReadWrite | (how == BackingOpen.Create ? LinuxFiles.Create : 0);
        int result = LinuxFiles.OpenAt(_directory, path, flags, 0x180, how == BackingOpen.CachedOnly && !NeverWaits);
        if (result != -LinuxFiles.NoEntry || how != BackingOpen.Create)
            return result;
        path[2] = 0;
        int made = LinuxFiles.MakeDirectory(_directory, path);
        if (made is not (0 or -LinuxFiles.Exists))
            return made;
        path[2] = (byte)'/';
        return LinuxFiles.OpenAt(_directory, path, flags, 0x180, cachedOnly: false);
    }

    public void Close(int descriptor) => LinuxFiles.Close(descriptor);

    /// <summary>Where the file system cannot say whether it would wait, it is taken to.</summary>
    public int TryRead(int descriptor, Span<byte> destination, long offset) =>
        NeverWaits ? LinuxFiles.Read(descriptor, destination, offset)
        : _readsNoWait ? LinuxFiles.ReadNoWait(descriptor, destination, offset)
        : -LinuxFiles.TryAgain;

    public int Read(int descriptor, Span<byte> destination, long offset) => LinuxFiles.Read(descriptor, destination, offset);

    public int Write(int descriptor, ReadOnlySpan<byte> data, long offset) => LinuxFiles.Write(descriptor, data, offset);

    public int Punch(int descriptor, long offset, long length) => LinuxFiles.Punch(descriptor, offset, length);

    public int Unlink(FileId file, long incarnation)
    {
        byte* path = stackalloc byte[MaxPath];
        WritePath(path, file, incarnation);
        return LinuxFiles.UnlinkAt(_directory, path);
    }

    public long LengthOf(int descriptor) => LinuxFiles.Length(descriptor);

    public nint Map(int descriptor, long offset, int length) => NeverWaits ? LinuxFiles.Map(descriptor, offset, length) : -LinuxFiles.TryAgain;

    public void Unmap(nint address, int length) => LinuxFiles.Unmap(address, length);

    /// <summary>Whoever comes late is told EBADF: the number may be another file's by then.</summary>
    public void Dispose()
    {
        int directory = Interlocked.Exchange(ref _directory, -1);
        if (directory >= 0)
            LinuxFiles.Close(directory);
    }

    private static void WritePath(byte* path, FileId file, long incarnation)
    {
        var target = new Span<byte>(path, MaxPath);
        Span<byte> id = stackalloc byte[IdDigits / 2];
        BinaryPrimitives.WriteUInt128BigEndian(id, file.Value);
        Convert.TryToHexStringLower(id, target[3..], out _);
        target[0] = target[3];
        target[1] = target[4];
        target[2] = (byte)'/';
        target[3 + IdDigits] = (byte)'-';
        Utf8Formatter.TryFormat(incarnation, target[(4 + IdDigits)..], out int digits, 'x');
        target[4 + IdDigits + digits] = 0;
    }

    /// <summary>Whether RWF_NOWAIT tells what would wait; refuses a file system that cannot give blocks back.</summary>
    private bool Probe(string pagesDirectory)
    {
        byte* name = stackalloc byte[16];
        Encoding.ASCII.GetBytes(".probe\0").CopyTo(new Span<byte>(name, 16));
        int file = LinuxFiles.OpenAt(_directory, name, LinuxFiles.ReadWrite | LinuxFiles.Create, 0x180, cachedOnly: false);
        if (file < 0)
            throw new CacheException(CacheError.InvalidArgument, $"The store directory '{pagesDirectory}' cannot be written (errno {-file}).");
        try
        {
            ReadOnlySpan<byte> page = stackalloc byte[1];
            if (LinuxFiles.Write(file, page, 0) == 0 && LinuxFiles.Punch(file, 0, BlockSize) < 0)
            {
                throw new CacheException(CacheError.InvalidArgument,
                    $"The file system of store directory '{pagesDirectory}' cannot punch holes; use one on tmpfs, ext4, XFS or btrfs.");
            }
            return LinuxFiles.SupportsNoWait(file);
        }
        finally
        {
            LinuxFiles.Close(file);
            LinuxFiles.UnlinkAt(_directory, name);
        }
    }
}
