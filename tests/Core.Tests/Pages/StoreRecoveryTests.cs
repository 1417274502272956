using Orleans.Cache.Identity;
using Orleans.Cache.Pages;
using Orleans.Cache.Pages.Journal;
using Orleans.Cache.Testing;
using static Orleans.Cache.Core.Tests.Pages.PageStoreFixture;

namespace Orleans.Cache.Core.Tests.Pages;

/// <summary>
/// Starts from images of a store directory as a crash leaves them: any prefix of the journal, over any damage to the backing
/// files. Every page that is served afterwards is right, and what the journal proves is there is served.
/// </summary>
public sealed class StoreRecoveryTests : IDisposable
{
    private readonly TemporaryDirectory _root = new(onTmpfs: true);
    private readonly FileRef[] _files = [.. Enumerable.Range(0, 6).Select(i => NewFile($"f{i}", 1 + i * 3 * PageSize))];

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task What_was_flushed_survives_a_crash()
    {
        await using StoreDirectory store = OpenDirectory(_root["store"]);
        foreach (FileRef file in _files)
        {
            for (long page = 0; page < file.PageCount; page++)
                Assert.True(await store.WriteAsync(file, page));
        }
        await store.DropAsync(Source, "f3", false, default);
        await using StoreDirectory crashed = OpenDirectory(Image("image"));
        Assert.Equal(store.Status.Pages, crashed.Status.Pages);
        Assert.Equal(store.Status.Used, crashed.Status.Used);
        foreach (FileRef file in _files)
            Assert.Equal(file.Key != "f3", await crashed.ReadAndCheckAsync(file, 0));
        await crashed.Swept;
        Assert.Equal(store.Status.Pages, crashed.Status.Pages);
        Assert.Equal(new DroppedPages(1, 1, 1), await crashed.DropAsync(Source, "f0", false, default));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Any_prefix_of_the_journal_over_any_damage_serves_no_wrong_page(int seed)
    {
        var random = new Random(seed);
        await using (StoreDirectory store = OpenDirectory(_root["store"], 30 * PageSize))
        {
            await UseAsync(store, random);
            await store.Settled;
            await store.FlushAsync();
            for (int image = 0; image < 12; image++)
            {
                string path = Image($"image{image}");
                CutJournal(path, random);
                DamageBackingFiles(path, random);
                await using StoreDirectory crashed = OpenDirectory(path, 30 * PageSize);
                int served = await ReadAllAsync(crashed);
                await crashed.Swept;
                await crashed.Settled;
                Assert.True(await ReadAllAsync(crashed) <= served);
                await RefillAndCheckAsync(crashed);
            }
        }
    }

    [Fact]
    public async Task Damaged_records_are_skipped_and_counted()
    {
        await using StoreDirectory store = OpenDirectory(_root["store"]);
        for (long page = 0; page < _files[5].PageCount; page++)
            Assert.True(await store.WriteAsync(_files[5], page));
        await store.FlushAsync();
        string path = Image("image");
        string journal = Assert.Single(Directory.GetFiles(path, "journal-*"));
        byte[] bytes = File.ReadAllBytes(journal);
        bytes[StoreHeader.Size + 3 * JournalRecord.Size + 40] ^= 1;
        File.WriteAllBytes(journal, bytes[..^10]);
        await using StoreDirectory crashed = OpenDirectory(path);
        Assert.Equal(2, crashed.Recovered.SkippedRecords);
        Assert.Equal(_files[5].PageCount - 2, crashed.Recovered.Records);
        for (long page = 0; page < _files[5].PageCount; page++)
            Assert.Equal(page != 3 && page != _files[5].PageCount - 1, await crashed.ReadAndCheckAsync(_files[5], page));
    }

    [Fact]
    public async Task The_sweep_removes_what_a_crash_left_and_nothing_else()
    {
        await using StoreDirectory store = OpenDirectory(_root["store"]);
        foreach (FileRef file in _files)
        {
            for (long page = 0; page < file.PageCount; page++)
                Assert.True(await store.WriteAsync(file, page));
        }
        await store.FlushAsync();
        string path = Image("image");
        string journal = Assert.Single(Directory.GetFiles(path, "journal-*"));
        // All of f0..f3, and the first page of f4 and nothing of f5.
        long pages = _files[..4].Sum(f => f.PageCount) + 1;
        using (FileStream cut = File.OpenWrite(journal))
            cut.SetLength(StoreHeader.Size + pages * JournalRecord.Size);
        File.WriteAllBytes(Path.Combine(path, "snapshot-9.tmp"), [1]);

        await using StoreDirectory crashed = OpenDirectory(path);
        await crashed.Swept;
        Assert.Equal(pages, crashed.Status.Pages);
        Assert.Equal(5, BackingFiles(path).Length);
        Assert.Equal(crashed.Status.Used, BackingFiles(path).Sum(Allocated));
        Assert.False(File.Exists(Path.Combine(path, "snapshot-9.tmp")));
        Assert.True(await crashed.ReadAndCheckAsync(_files[4], 0));
        Assert.True(await crashed.WriteAsync(_files[4], 1));
        Assert.True(await crashed.ReadAndCheckAsync(_files[4], 1));
    }

    [Fact]
    public async Task Files_whose_names_were_lost_are_dropped_because_no_free_would_find_them()
    {
        await using StoreDirectory store = OpenDirectory(_root["store"]);
        foreach (FileRef file in _files)
            Assert.True(await store.WriteAsync(file, 0));
        await store.FlushAsync();
        string path = Image("image");
        string names = Assert.Single(Directory.GetFiles(path, "names-*"));
        byte[] bytes = File.ReadAllBytes(names);
        // One byte in the middle: the reader finds the next record behind it.
        bytes[StoreHeader.Size + 20] ^= 0xFF;
        File.WriteAllBytes(names, bytes);
        await using StoreDirectory crashed = OpenDirectory(path);
        await crashed.Swept;
        Assert.Equal(5, crashed.Status.Pages);
        Assert.Equal(5, BackingFiles(path).Length);
        Assert.Equal(5, (await crashed.DropAsync(Source, "", true, default)).Files);
    }

    [Fact]
    public async Task A_closed_store_leaves_one_snapshot_and_one_journal()
    {
        await using (StoreDirectory store = OpenDirectory(_root["store"]))
        {
            foreach (FileRef file in _files)
                Assert.True(await store.WriteAsync(file, 0));
        }
        for (int i = 0; i < 3; i++)
        {
            await using StoreDirectory store = OpenDirectory(_root["store"]);
            Assert.Equal(6, store.Recovered.Records);
            Assert.Equal(6, store.Status.Pages);
        }
        Assert.Single(Directory.GetFiles(_root["store"], "snapshot-*"));
        Assert.Single(Directory.GetFiles(_root["store"], "journal-*"));
    }

    private async Task UseAsync(StoreDirectory store, Random random)
    {
        for (int step = 0; step < 400; step++)
        {
            FileRef file = _files[random.Next(_files.Length)];
            if (random.Next(30) == 0)
                await store.DropAsync(Source, file.Key, false, default);
            else
                await store.WriteAsync(file, random.NextInt64(file.PageCount));
        }
    }

    private async Task<int> ReadAllAsync(StoreDirectory store)
    {
        int served = 0;
        foreach (FileRef file in _files)
        {
            for (long page = 0; page < file.PageCount; page++)
                served += await store.ReadAndCheckAsync(file, page) ? 1 : 0;
        }
        return served;
    }

    private async Task RefillAndCheckAsync(StoreDirectory store)
    {
        foreach (FileRef file in _files)
        {
            for (long page = 0; page < file.PageCount; page++)
            {
                bool kept = await store.WriteAsync(file, page);
                if (!kept && !store.Contains(file, page))
                {
                    // It was about to leave, to make room for those before it.
                    await store.Settled;
                    kept = await store.WriteAsync(file, page);
                }
                Assert.True(kept || store.Contains(file, page) || !store.IsInService);
            }
        }
        await ReadAllAsync(store);
    }

    /// <summary>The directory as a crash now would leave it.</summary>
    private string Image(string name)
    {
        string target = _root[name];
        foreach (string source in Directory.EnumerateFiles(_root["store"], "*-*", SearchOption.AllDirectories).Append(Path.Combine(_root["store"], "FORMAT")))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(_root["store"], source));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            CopySparse(source, copy);
        }
        return target;
    }

    private static void CopySparse(string source, string target)
    {
        using var from = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using FileStream to = File.Create(target);
        var block = new byte[4096];
        to.SetLength(from.Length);
        int got;
        for (long at = 0; (got = from.Read(block)) > 0; at += got)
        {
            // Only whole blocks are taken for holes: a last one of a single byte, of any value, is a page's end.
            if (got == block.Length && !block.AsSpan().ContainsAnyExcept((byte)0))
                continue;
            to.Position = at;
            to.Write(block, 0, got);
        }
    }

    private static void CutJournal(string path, Random random)
    {
        foreach (string journal in Directory.GetFiles(path, "journal-*"))
        {
            byte[] bytes = File.ReadAllBytes(journal);
            bytes = bytes[..random.Next(StoreHeader.Size, bytes.Length + 1)];
            if (random.Next(2) == 0 && bytes.Length > StoreHeader.Size)
                bytes[random.Next(StoreHeader.Size, bytes.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(journal, bytes);
        }
    }

    private static void DamageBackingFiles(string path, Random random)
    {
        foreach (string file in BackingFiles(path))
        {
            using FileStream damaged = File.Open(file, FileMode.Open);
            if (damaged.Length == 0 || random.Next(2) == 0)
                continue;
            damaged.Position = random.NextInt64(damaged.Length);
            switch (random.Next(3))
            {
                case 0:
                    damaged.Write(new byte[Math.Min(PageSize, damaged.Length - damaged.Position)]);
                    break;
                case 1:
                    damaged.WriteByte((byte)random.Next(256));
                    break;
                default:
                    damaged.SetLength(damaged.Position);
                    break;
            }
        }
    }
}
