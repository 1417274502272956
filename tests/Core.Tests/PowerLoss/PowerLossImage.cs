namespace Orleans.Cache.Core.Tests.PowerLoss;

/// <summary>
/// What a power cut may leave of a store directory. The kernel has written back what it liked: of each file that was not fsynced any
/// blocks are as they were, older or zero; new names may be missing and deleted ones back. Only what the store fsyncs is
/// certain, and even of that (snapshots) some images lose something, for disks that lie.
/// </summary>
internal sealed class PowerLossImage(IReadOnlyList<Dictionary<string, byte[]>> history, Random random)
{
    private const int Block = 4096;

    private readonly int _now = random.Next(history.Count);

    /// <summary>Writes the image; the directory must not exist.</summary>
    public void Write(string target)
    {
        Directory.CreateDirectory(target);
        foreach ((string path, byte[] content) in history[_now])
            Put(target, path, Path.GetDirectoryName(path)!.Length > 0 ? Backing(path, content) : Log(path, content));
        foreach (string path in Deleted())
        {
            if (random.Next(4) == 0)
                Put(target, path, OlderOf(path));
        }
    }

    /// <summary>Paths of earlier moments that are not there now; their deletion may not have come to the disk.</summary>
    private string[] Deleted() =>
        [.. history.Take(_now).SelectMany(moment => moment.Keys).Distinct().Where(path => !history[_now].ContainsKey(path))];

    private byte[]? Log(string path, byte[] content)
    {
        if (path == "FORMAT")
            return content;
        if (path.StartsWith("snapshot-", StringComparison.Ordinal))
        {
            return random.Next(10) switch
            {
                0 => null,
                1 => content[..random.Next(content.Length + 1)],
                _ => content,
            };
        }
        byte[] left = random.Next(4) == 0 ? content : content[..random.Next(content.Length + 1)];
        // Blocks reach the disk in any order: a hole in front of others that did.
        return random.Next(4) == 0 ? WithBlocks(left, _ => null) : left;
    }

    private byte[]? Backing(string path, byte[] content)
    {
        byte[] older = OlderOf(path) ?? [];
        return random.Next(8) switch
        {
            0 => null,
            1 => older,
            2 => content[..random.Next(content.Length + 1)],
            3 => content,
            4 => WithBlocks(content, _ => null),
            _ => WithBlocks(content, block => block * Block < older.Length ? older[(block * Block)..Math.Min((block + 1) * Block, older.Length)] : null),
        };
    }

    /// <summary>Some blocks replaced by what is given, or by zeros.</summary>
    private byte[] WithBlocks(byte[] content, Func<int, byte[]?> replacement)
    {
        byte[] image = [.. content];
        for (int block = 0; block * Block < image.Length; block++)
        {
            if (random.Next(3) != 0)
                continue;
            Span<byte> target = image.AsSpan(block * Block, Math.Min(Block, image.Length - (block * Block)));
            target.Clear();
            if (random.Next(3) != 0 && replacement(block) is { } old)
                old.AsSpan(0, Math.Min(old.Length, target.Length)).CopyTo(target);
        }
        return image;
    }

    private byte[]? OlderOf(string path)
    {
        byte[][] older = [.. history.Take(_now).Select(moment => moment.GetValueOrDefault(path)).OfType<byte[]>()];
        return older.Length == 0 ? null : older[random.Next(older.Length)];
    }

    private static void Put(string target, string path, byte[]? content)
    {
        if (content is null)
            return;
        string full = Path.Combine(target, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, content);
    }
}
