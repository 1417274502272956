namespace Orleans.Cache.Bench.Reports;

/// <summary>Aligned columns on the console, Markdown enough to be pasted into a document.</summary>
internal sealed class Table(params string[] header)
{
    private readonly List<string[]> _rows = [header];

    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>For whoever watches a long run.</summary>
    public string LastRow => string.Join(" | ", _rows[^1]);

    public void Print()
    {
        int[] widths = [.. Enumerable.Range(0, header.Length).Select(c => _rows.Max(r => r[c].Length))];
        for (int row = 0; row < _rows.Count; row++)
        {
            Console.WriteLine("| " + string.Join(" | ", _rows[row].Select((cell, c) => cell.PadRight(widths[c]))) + " |");
            if (row == 0)
                Console.WriteLine("|-" + string.Join("-|-", widths.Select(w => new string('-', w))) + "-|");
        }
        Console.WriteLine();
    }
}
