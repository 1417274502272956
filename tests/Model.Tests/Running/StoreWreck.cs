using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>What a crash leaves of a store directory.</summary>
internal static class StoreWreck
{
    /// <summary>
    /// The files as they are found one after the other while the store works: a crash that is even less consistent than a real one,
    /// which stops all files at one moment.
    /// </summary>
    public static TemporaryDirectory CopyOf(TemporaryDirectory store, Random random)
    {
        var copy = new TemporaryDirectory(onTmpfs: true);
        string[] files = [.. Directory.GetFiles(store.Path, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "LOCK")];
        random.Shuffle(files);
        foreach (string file in files)
        {
            string target = copy[Path.GetRelativePath(store.Path, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            try
            {
                File.Copy(file, target);
            }
            catch (FileNotFoundException)
            {
                // Evicted since it was listed.
            }
        }
        return copy;
    }

    /// <summary>Flips a bit of, cuts, or zeroes one file of pages.</summary>
    public static void Damage(string store, Random random)
    {
        string[] files = [.. Directory.GetFiles(store, "*", SearchOption.AllDirectories).Where(f => Path.GetDirectoryName(f) != store)];
        if (files.Length == 0)
            return;
        string file = files[random.Next(files.Length)];
        byte[] bytes = File.ReadAllBytes(file);
        if (bytes.Length == 0)
            return;
        int at = random.Next(bytes.Length);
        switch (random.Next(3))
        {
            case 0:
                bytes[at] ^= 0x10;
                break;
            case 1:
                bytes = bytes[..at];
                break;
            default:
                bytes.AsSpan(at).Clear();
                break;
        }
        File.WriteAllBytes(file, bytes);
    }
}
