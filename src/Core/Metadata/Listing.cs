namespace Orleans.Cache.Metadata;

/// <summary>Entries of a directory in ordinal order of names, mounts merged in. Immutable.</summary>
/// <param name="Entries">From the first name on.</param>
/// <param name="IsComplete">False: more names follow, to be streamed from the under storage.</param>
internal sealed record Listing(FileStatus[] Entries, bool IsComplete)
{
    /// <summary>Nothing is remembered: the whole directory is to be streamed. Stands for directories that are too large.</summary>
    public static Listing Streamed { get; } = new([], IsComplete: false);

    /// <summary>Where a listing that has given <paramref name="startAfter"/> goes on.</summary>
    public int IndexAfter(string? startAfter)
    {
        if (startAfter is null)
            return 0;
        int low = 0;
        int high = Entries.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (CompareName(Entries[middle], startAfter) <= 0)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>The name after which the names lie that this listing does not hold, seen from a reader that has given startAfter.</summary>
    public string? ContinueAfter(string? startAfter)
    {
        if (Entries.Length == 0 || (startAfter is not null && CompareName(Entries[^1], startAfter) < 0))
            return startAfter;
        return Entries[^1].Path.Name;
    }

    private static int CompareName(FileStatus entry, string name)
    {
        string path = entry.Path.Value;
        return path.AsSpan(path.LastIndexOf('/') + 1).CompareTo(name, StringComparison.Ordinal);
    }
}
