using System.Net;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Fuse;

/// <summary>A mounted tree against the tree itself, while that changes.</summary>
public sealed class TreeTests
{
    /// <summary>Names, kinds, modes, sizes, times (to 100 ns, which statuses keep) and contents.</summary>
    private const string Picture = """
        find . -mindepth 1 \( -type d -printf '%P d %m\n' -o -printf '%P f %m %s %T@\n' \) | sed -E 's/(\.[0-9]{7})[0-9]*$/\1/' | LC_ALL=C sort
        find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum
        """;

    [FuseFact]
    public async Task Whatever_changes_is_seen_at_the_next_look_in_strict_mode()
    {
        const int Seed = 20261121;
        using var source = new TemporaryDirectory();
        var tree = new ChangingTree(source.Path, new Random(Seed));
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path);
        var done = new List<string>();

        for (int step = 0; step < 40; step++)
        {
            for (int change = 0; change < 5; change++)
                done.Add(tree.Change());
            string expected = await Guarded.ShellAsync($"cd {source.Path} && {Picture}");
            string seen = await Guarded.ShellAsync($"cd {mounted.Path} && {Picture}");
            Assert.True(expected == seen, $"Seed {Seed}, step {step}. Changes: {string.Join("; ", done)}\nExpected:\n{expected}\nSeen:\n{seen}");
        }
    }

    [FuseFact]
    public async Task What_is_written_through_the_node_is_seen_at_once_however_long_statuses_are_believed()
    {
        using var source = new TemporaryDirectory();
        source.Write("a", "one"u8);
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, "mode=immutable,rw");
        Assert.Equal("one", await Guarded.OutputAsync("cat", $"{mounted.Path}/a"));
        Assert.NotEqual(0, (await Guarded.RunAsync("stat", $"{mounted.Path}/new")).ExitCode);

        foreach (string name in (string[])["a", "new"])
        {
            using HttpResponseMessage written = await mounted.Node.Http.PutAsync($"api/v1/files/{name}", new StringContent("two"));
            Assert.True(written.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created, $"{written.StatusCode}");
        }

        // The kernel is told behind the writer's answer.
        await NodeProcess.UntilAsync(async () => (await Guarded.RunAsync("cat", $"{mounted.Path}/a", $"{mounted.Path}/new")).Output == "twotwo", "the old content");
    }

    [FuseFact]
    public async Task A_file_that_is_open_stays_the_version_that_was_opened()
    {
        using var source = new TemporaryDirectory();
        byte[] old = new byte[3_000_000];
        Array.Fill(old, (byte)'a');
        source.Write("f", old);
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path);
        await mounted.Node.ReadUntilCachedAsync("/f");

        string output = await Guarded.ShellAsync($"""
            exec 3< {mounted.Path}/f
            head -c 1000 <&3 | tr -d a | wc -c
            printf b > {source["next"]} && mv {source["next"]} {source["f"]}
            cat {mounted.Path}/f; echo
            cat <&3 | tr -d a | wc -c
            """);

        Assert.Equal("0\nb\n0\n", output);
    }

    [FuseFact]
    public async Task Ten_thousand_names_are_listed_and_their_attributes_told_with_them()
    {
        using var source = new TemporaryDirectory();
        for (int i = 0; i < 10_000; i++)
            source.Write($"d/name-{i:00000}", []);
        await using MountedNode mounted = await MountedNode.StartAsync(source.Path, "mode=immutable");

        string output = await Guarded.ShellAsync($"ls -l {mounted.Path}/d | tail -n +2 | wc -l; ls {mounted.Path}/d | sort -u | wc -l");

        Assert.Equal("10000\n10000\n", output);
        Assert.True(await mounted.FigureAsync("requests_lookup") < 1000);
    }

    /// <summary>Random changes of a directory, as programs make them.</summary>
    private sealed class ChangingTree(string root, Random random)
    {
        public string Change()
        {
            string name = Name();
            string path = Path.Combine(root, name);
            int what = random.Next(7);
            try
            {
                switch (what)
                {
                    case 0 or 1:
                        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                        File.WriteAllBytes(path, Bytes());
                        break;
                    case 2:
                        using (FileStream appended = File.Open(path, FileMode.Append))
                            appended.Write(Bytes());
                        break;
                    case 3:
                        File.WriteAllBytes(path + ".tmp", Bytes());
                        File.Move(path + ".tmp", path, overwrite: true);
                        break;
                    case 4:
                        File.Delete(path);
                        break;
                    case 5:
                        Directory.CreateDirectory(path);
                        break;
                    default:
                        Directory.Move(path, Path.Combine(root, Name()));
                        break;
                }
                return $"{what} {name}";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return $"{what} {name} failed";
            }
        }

        private string Name() => string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{(char)('a' + random.Next(4))}"));

        private byte[] Bytes()
        {
            byte[] bytes = new byte[random.Next(4) == 0 ? random.Next(3_000_000) : random.Next(5000)];
            random.NextBytes(bytes);
            return bytes;
        }
    }
}
