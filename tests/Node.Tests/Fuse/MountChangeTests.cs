using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Fuse;

/// <summary>What the kernel believes for ever, and what becomes of it when the node learns otherwise.</summary>
public sealed class MountChangeTests
{
    [FuseFact]
    public async Task A_mount_that_comes_and_goes_is_seen_by_who_had_looked_there_before()
    {
        using var source = new TemporaryDirectory();
        using var more = new TemporaryDirectory();
        source.Write("a", "one"u8);
        more.Write("b", "two"u8);
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, "mode=immutable");
        Assert.NotEqual(0, (await Guarded.RunAsync("stat", $"{mounted.Path}/more/b")).ExitCode);
        Assert.Equal("a\n", await Guarded.OutputAsync("ls", mounted.Path));

        Assert.Equal(0, (await OcacheAsync(mounted, "mount", "add", $"/more={more.Path},mode=immutable")).ExitCode);
        await NodeProcess.UntilAsync(async () => (await Guarded.RunAsync("cat", $"{mounted.Path}/more/b")).Output == "two", "the mount that was added");

        Assert.Equal(0, (await OcacheAsync(mounted, "mount", "rm", "/more")).ExitCode);
        await NodeProcess.UntilAsync(async () => (await Guarded.RunAsync("stat", $"{mounted.Path}/more/b")).ExitCode != 0, "the mount to go");
    }

    [FuseFact]
    public async Task Names_that_were_absent_are_asked_for_again_when_their_tree_is_freed()
    {
        using var source = new TemporaryDirectory();
        source.Write("d/a", "one"u8);
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, "mode=immutable");
        Assert.NotEqual(0, (await Guarded.RunAsync("stat", $"{mounted.Path}/d/new", $"{mounted.Path}/d/e/f")).ExitCode);
        source.Write("d/new", "two"u8);
        source.Write("d/e/f", "three"u8);
        Assert.NotEqual(0, (await Guarded.RunAsync("stat", $"{mounted.Path}/d/new")).ExitCode);

        Assert.Equal(0, (await OcacheAsync(mounted, "free", "/d", "--recursive")).ExitCode);

        await NodeProcess.UntilAsync(async () => (await Guarded.RunAsync("cat", $"{mounted.Path}/d/new", $"{mounted.Path}/d/e/f")).Output == "twothree", "the names that came");
    }

    [FuseFact]
    public async Task Who_goes_back_in_a_listing_finds_the_same_names()
    {
        using var source = new TemporaryDirectory();
        for (int i = 0; i < 3000; i++)
            source.Write($"d/name-{i:0000}", []);
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, "mode=immutable");

        string output = await Guarded.OutputAsync("python3", "-c", $"""
            import ctypes, os
            libc = ctypes.CDLL(None, use_errno=True)
            class Entry(ctypes.Structure):
                _fields_ = [('ino', ctypes.c_uint64), ('off', ctypes.c_int64), ('len', ctypes.c_ushort), ('type', ctypes.c_ubyte), ('name', ctypes.c_char * 256)]
            libc.opendir.restype = ctypes.c_void_p
            libc.readdir.restype = ctypes.POINTER(Entry)
            libc.readdir.argtypes = libc.rewinddir.argtypes = libc.telldir.argtypes = [ctypes.c_void_p]
            libc.telldir.restype = ctypes.c_long
            libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
            d = libc.opendir(b'{mounted.Path}/d')
            def rest():
                names = []
                while (e := libc.readdir(d)):
                    names.append(e.contents.name)
                return names
            places = []
            names = []
            while True:
                place = libc.telldir(d)
                e = libc.readdir(d)
                if not e: break
                places.append(place); names.append(e.contents.name)
            assert len(names) == 3002 and len(set(names)) == 3002, len(names)
            for i in (2500, 17, 1234, 2999, 0):
                libc.seekdir(d, places[i])
                assert rest() == names[i:], i
            libc.rewinddir(d)
            assert rest() == names
            print('same')
            """);

        Assert.Equal("same\n", output);
    }

    private static Task<ProgramResult> OcacheAsync(MountedNode mounted, params string[] arguments) =>
        Programs.RunAsync(Programs.Info("ocache", ["--url", mounted.Node.Rest.ToString(), .. arguments]));
}
