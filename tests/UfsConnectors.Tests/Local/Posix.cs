using System.Runtime.InteropServices;
using Orleans.Cache.UfsConnectors.Local;

namespace Orleans.Cache.UfsConnectors.Tests.Local;

/// <summary>System calls that only tests need.</summary>
internal static partial class Posix
{
    private const uint CharacterDevice = 0x2000;

    public static void MakePipe(string path) => Assert.Equal(0, MkFifo(path, 0x1B6));

    /// <summary>A second /dev/zero; false without the right to make devices.</summary>
    public static bool TryMakeDevice(string path) => MkNod(path, CharacterDevice | 0x1B6, (1 << 8) | 5) == 0;

    /// <summary>An empty file whose name is these bytes.</summary>
    public static void MakeFile(byte[] path) => Assert.Equal(0, Close(Creat([.. path, 0], 0x1B6)));

    public static void Remove(byte[] path) => Assert.Equal(0, Unlink([.. path, 0]));

    /// <summary>Swaps two names in one step.</summary>
    public static void Exchange(string directory, string one, string other)
    {
        using var handle = Libc.Open(directory, Libc.O_PATH | Libc.O_CLOEXEC)!;
        Assert.True(Libc.Rename(handle, one, handle, other, flags: 2));
    }

    /// <summary>Runs on a thread of its own without root's power over permissions, if it has it.</summary>
    public static void AsNobody(Action act)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            _ = SetFsUid(65534);
            failure = Record.Exception(act);
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    /// <summary>
    /// Returns once the file system's clock has ticked past everything that happened so far, so that the next change cannot
    /// carry the time of the last one.
    /// </summary>
    public static void WaitForTick(string directory)
    {
        string probe = Path.Combine(directory, ".ocache-tmp-clock");
        File.WriteAllText(probe, "");
        DateTime first = File.GetLastWriteTimeUtc(probe);
        do
            File.WriteAllText(probe, "x");
        while (File.GetLastWriteTimeUtc(probe) == first);
        DateTime second = File.GetLastWriteTimeUtc(probe);
        do
            File.WriteAllText(probe, "x");
        while (File.GetLastWriteTimeUtc(probe) == second);
        File.Delete(probe);
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MkFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "mknod", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MkNod(string path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "creat")]
    private static partial int Creat(byte[] path, uint mode);

    [LibraryImport("libc", EntryPoint = "unlink")]
    private static partial int Unlink(byte[] path);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFsUid(uint user);
}
