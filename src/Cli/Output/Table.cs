namespace Orleans.Cache.Cli.Output;

/// <summary>Rows of text in columns: as wide as their widest cell, two spaces between.</summary>
internal static class Table
{
    /// <param name="heads">Of the columns; one that begins with '>' is for figures and stands to the right.</param>
    /// <param name="rows">As many cells each as there are heads.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<string> heads, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        string[] titles = [.. heads.Select(h => h.TrimStart('>'))];
        int[] widths = [.. titles.Select((title, i) => rows.Select(r => r[i].Length).Append(title.Length).Max())];
        return rows.Prepend(titles).Select(row => string.Join("  ", row.Select((cell, i) => Pad(cell, heads[i], widths[i]))).TrimEnd());
    }

    private static string Pad(string cell, string head, int width) => head.StartsWith('>') ? cell.PadLeft(width) : cell.PadRight(width);
}
