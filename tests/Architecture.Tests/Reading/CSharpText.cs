namespace Orleans.Cache.Architecture.Tests.Reading;

/// <summary>
/// Blanks comments, strings and character literals of C# text, line by line and column by column the same otherwise, so that
/// what remains can be searched for code. Knows verbatim, interpolated (as a whole: holes are blanked too) and raw strings.
/// </summary>
public static class CSharpText
{
    public static string CodeOnly(string text)
    {
        char[] code = text.ToCharArray();
        for (int i = 0; i < code.Length;)
        {
            int end = EndOfBlank(text, i);
            if (end == i)
            {
                i++;
                continue;
            }
            for (; i < end; i++)
            {
                if (code[i] != '\n')
                    code[i] = ' ';
            }
        }
        return new string(code);
    }

    /// <summary>Where the comment or literal that begins at <paramref name="i"/> ends; i itself where none begins.</summary>
    private static int EndOfBlank(string text, int i)
    {
        if (At(text, i, "//"))
            return IndexOrEnd(text, "\n", i);
        if (At(text, i, "/*"))
            return IndexOrEnd(text, "*/", i + 2, past: true);
        if (text[i] == '#' && text[..i].TrimEnd(' ', '\t') is var before && (before.Length == 0 || before[^1] == '\n'))
            return IndexOrEnd(text, "\n", i);
        if (text[i] == '\'')
            return EndOfPlain(text, i + 1, '\'');
        int quote = i;
        while (quote < text.Length && text[quote] is '$' or '@')
            quote++;
        return quote < text.Length && text[quote] == '"' ? EndOfString(text, i, quote) : i;
    }

    private static int EndOfString(string text, int start, int quote)
    {
        int quotes = 0;
        while (quote + quotes < text.Length && text[quote + quotes] == '"')
            quotes++;
        if (quotes >= 3)
            return IndexOrEnd(text, new string('"', quotes), quote + quotes, past: true);
        string prefix = text[start..quote];
        if (prefix.Contains('$'))
            return EndOfInterpolated(text, quote + 1, verbatim: prefix.Contains('@'));
        return prefix.Contains('@') ? EndOfVerbatim(text, quote + 1) : EndOfPlain(text, quote + 1, '"');
    }

    private static int EndOfPlain(string text, int i, char close)
    {
        while (i < text.Length && text[i] != close && text[i] != '\n')
            i += text[i] == '\\' ? 2 : 1;
        return Math.Min(i + 1, text.Length);
    }

    private static int EndOfVerbatim(string text, int i)
    {
        for (; i < text.Length; i++)
        {
            if (text[i] != '"')
                continue;
            if (!At(text, i + 1, "\""))
                return i + 1;
            i++;
        }
        return text.Length;
    }

    /// <summary>Holes may hold strings of their own.</summary>
    private static int EndOfInterpolated(string text, int i, bool verbatim)
    {
        int depth = 0;
        while (i < text.Length)
        {
            char c = text[i];
            if (depth == 0 && c == '"' && !(verbatim && At(text, i + 1, "\"")))
                return i + 1;
            if (depth == 0 && (At(text, i, "{{") || At(text, i, "}}") || (c == '\\' && !verbatim) || c == '"'))
            {
                i += 2;
                continue;
            }
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            int end = depth > 0 ? EndOfBlank(text, i) : i;
            i = end > i ? end : i + 1;
        }
        return text.Length;
    }

    private static bool At(string text, int i, string wanted) => string.CompareOrdinal(text, i, wanted, 0, wanted.Length) == 0;

    private static int IndexOrEnd(string text, string wanted, int from, bool past = false)
    {
        int found = from >= text.Length ? -1 : text.IndexOf(wanted, from, StringComparison.Ordinal);
        return found < 0 ? text.Length : past ? found + wanted.Length : found;
    }
}
