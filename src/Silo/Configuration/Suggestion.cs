namespace Orleans.Cache.Silo.Configuration;

/// <summary>"Did you mean": the known word nearest to a mistyped one.</summary>
internal static class Suggestion
{
    /// <summary>A sentence to append to a complaint, with a leading space: the nearest word, or all known ones where none is near.</summary>
    public static string For(string given, IEnumerable<string> known, string kind)
    {
        string[] words = [.. known];
        (string Word, int Distance) nearest = words.Select(word => (word, Distance(given, word))).MinBy(pair => pair.Item2);
        if (given.Length >= 3 && words.FirstOrDefault(word => word.StartsWith(given, StringComparison.OrdinalIgnoreCase)) is { } longer)
            return $" Did you mean '{longer}'?";
        // A third of the letters may be wrong: more, and the guess only confuses.
        return nearest.Distance <= Math.Max(1, given.Length / 3)
            ? $" Did you mean '{nearest.Word}'?"
            : $" Known {kind}: {string.Join(", ", words)}.";
    }

    /// <summary>Levenshtein distance, regardless of case.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
