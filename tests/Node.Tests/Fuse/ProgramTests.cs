using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Fuse;

/// <summary>Programs as people run them, on a mounted directory and on the directory itself.</summary>
public sealed class ProgramTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _source = new();
    private readonly TemporaryDirectory _copy = new();
    private MountedNode _mounted = null!;

    [FuseFact]
    public async Task Copies_by_cp_and_tar_are_equal()
    {
        await Guarded.ShellAsync($"cp -a {_mounted.Path}/. {_copy["cp"]} && diff -r {_source.Path} {_copy["cp"]}");
        await Guarded.ShellAsync($"mkdir {_copy["tar"]} && tar -C {_mounted.Path} -cf - . | tar -C {_copy["tar"]} -xf - && diff -r {_source.Path} {_copy["tar"]}");
    }

    [FuseFact("/usr/bin/rsync")]
    public Task A_copy_by_rsync_is_equal_and_a_second_one_finds_nothing_to_do() => Guarded.ShellAsync(
        $"rsync -a {_mounted.Path}/ {_copy["rsync"]} && diff -r {_source.Path} {_copy["rsync"]} && test -z \"$(rsync -ai {_mounted.Path}/ {_copy["rsync"]})\"");

    [FuseFact]
    public async Task Find_grep_du_and_sha256sum_say_the_same_of_both()
    {
        foreach (string script in (string[])[
            "find . | LC_ALL=C sort", "find . -type f -perm -u+x -printf '%P %s %m %u %g\\n' | LC_ALL=C sort", "grep -rc needle . | LC_ALL=C sort",
            "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum", "du -ab --exclude=.git . | grep -v '\\.$' | awk '$2 ~ /[0-9]$/' | LC_ALL=C sort", "ls -R --color=never"])
        {
            string expected = await Guarded.ShellAsync($"cd {_source.Path} && {script}");
            Assert.NotEmpty(expected);
            Assert.Equal(expected, await Guarded.ShellAsync($"cd {_mounted.Path} && {script}"));
        }
    }

    [FuseFact]
    public async Task Pieces_of_odd_sizes_are_what_they_are_cached_and_direct()
    {
        foreach (string piece in (string[])["bs=4097 skip=13 count=100", "bs=333333 skip=2 count=9", "bs=1M", "bs=64k iflag=direct", "bs=8191 iflag=direct skip=7 count=40", "bs=3M iflag=direct"])
        {
            string expected = await Guarded.ShellAsync($"dd if={_source["big"]} {piece.Replace("iflag=direct", "", StringComparison.Ordinal)} status=none | sha256sum");
            Assert.Equal(expected, await Guarded.ShellAsync($"dd if={_mounted.Path}/big {piece} status=none | sha256sum"));
        }
    }

    [FuseFact]
    public async Task Python_maps_a_file()
    {
        string expected = (await Guarded.OutputAsync("sha256sum", _source["big"]))[..64];

        string output = await Guarded.OutputAsync("python3", "-c", $"""
            import hashlib, mmap, os
            with open('{_mounted.Path}/big', 'rb') as f, mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m:
                print(hashlib.sha256(m).hexdigest(), len(m), m[5000000:5000003] == open('{_source["big"]}', 'rb').read()[5000000:5000003])
            print(os.getxattr('{_mounted.Path}/big', 'user.ocache.version') != b'', os.listxattr('{_mounted.Path}/big'))
            """);

        Assert.Equal($"{expected} 9000001 True\nTrue []\n", output);
    }

    [FuseFact]
    public async Task A_repository_is_clean_and_whole_to_git()
    {
        string git = $"git -c safe.directory='*' -C {_mounted.Path}/repository";

        Assert.Equal("", await Guarded.ShellAsync($"{git} status --porcelain"));
        await Guarded.ShellAsync($"{git} fsck --full --strict 2>&1");
        Assert.Contains("second", await Guarded.ShellAsync($"{git} log --oneline"), StringComparison.Ordinal);
    }

    [FuseFact]
    public async Task Nothing_can_be_written()
    {
        foreach (string attempt in (string[])["touch {0}/new", "rm {0}/empty", "mkdir {0}/d", "mv {0}/empty {0}/other", "chmod 700 {0}/empty", "sh -c 'echo x >> {0}/empty'", "ln -s a {0}/link", "truncate -s 0 {0}/big"])
        {
            ProgramResult result = await Guarded.RunAsync("bash", "-c", string.Format(null, attempt, _mounted.Path));
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains("Read-only file system", result.Errors, StringComparison.Ordinal);
        }
    }

    [FuseFact]
    public async Task Whole_cached_files_are_read_by_the_kernel_itself()
    {
        await _mounted.Node.ReadUntilCachedAsync("/big");
        long before = await _mounted.FigureAsync("passthrough_opens");
        long read = await _mounted.FigureAsync("bytes_read");

        Assert.Equal(await Guarded.OutputAsync("sha256sum", _source["big"]), (await Guarded.OutputAsync("sha256sum", $"{_mounted.Path}/big")).Replace(_mounted.Path, _source.Path, StringComparison.Ordinal));

        // Where the kernel or our rights do not allow it, the bytes came through the node and the rest of this test has nothing to say.
        if (await _mounted.FigureAsync("passthrough_opens") == before)
            return;
        Assert.True(await _mounted.FigureAsync("bytes_read") - read < 9_000_001);
        Assert.Equal(0, await _mounted.FigureAsync("passthrough_files"));
    }

    [FuseFact]
    public async Task The_access_log_names_who_reads_what()
    {
        string log = await Guarded.ShellAsync($"exec 3< {_mounted.Path}/.ocache/accesslog; cat {_mounted.Path}/needles/1 > /dev/null; head -c 1 <&3 > /dev/null; timeout 3 cat <&3 || true");

        Assert.Contains(" Open /needles/1 errno=0", log, StringComparison.Ordinal);
    }

    public async Task InitializeAsync()
    {
        if (FuseFactAttribute.Reason is not null)
            return;
        byte[] big = new byte[9_000_001];
        new Random(1).NextBytes(big);
        _source.Write("big", big);
        _source.Write("empty", []);
        System.IO.Directory.CreateDirectory(_source["hollow"]);
        for (int i = 0; i < 300; i++)
            _source.Write($"needles/{i}", System.Text.Encoding.ASCII.GetBytes(i % 7 == 0 ? $"a needle {i}\n" : $"hay {i}\n"));
        _source.Write("ünï cödé/with blank", "x"u8);
        string script = _source.Write("run.sh", "#!/bin/sh\necho ran\n"u8);
        await Guarded.ShellAsync($"chmod 755 {script}");
        await Guarded.ShellAsync($"""
            mkdir {_source["repository"]} && cd {_source["repository"]} && git init -q . && git config user.email t@example.com && git config user.name t
            echo one > a && cp {script} . && git add . && git commit -qm first && echo two > b && git add b && git commit -qm second && git gc -q
            """);
        _mounted = await MountedNode.StartAsync(_source.Path);
    }

    public async Task DisposeAsync()
    {
        if (_mounted is not null)
            await _mounted.DisposeAsync();
        _source.Dispose();
        _copy.Dispose();
    }
}
