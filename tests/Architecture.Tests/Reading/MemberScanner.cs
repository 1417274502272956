using System.Text.RegularExpressions;

namespace Orleans.Cache.Architecture.Tests.Reading;

/// <summary>A member of a type: method, property, field with its initialiser ...</summary>
/// <param name="Signature">Its text up to the body, on one line.</param>
/// <param name="Line">Where it starts, counted from 1.</param>
/// <param name="Lines">How many lines it takes, attributes and signature included, comments before it not.</param>
public readonly record struct Member(string Signature, int Line, int Lines);

/// <summary>
/// Finds members by matching braces: whatever stands directly in a type's body and is no type itself is a member. Works on
/// <see cref="CSharpText.CodeOnly"/>, so braces in strings and comments do not count.
/// </summary>
public static partial class MemberScanner
{
    public static IReadOnlyList<Member> Scan(string source)
    {
        string code = CSharpText.CodeOnly(source);
        var members = new List<Member>();
        var typeDepths = new Stack<int>();
        int start = -1;
        int depth = 0;
        int parentheses = 0;
        for (int i = 0; i < code.Length; i++)
        {
            char c = code[i];
            bool inTypeBody = typeDepths.TryPeek(out int typeDepth) && depth == typeDepth;
            if (start < 0 && !char.IsWhiteSpace(c) && c is not ('}' or ';'))
                start = i;
            parentheses += c is '(' or '[' ? 1 : c is ')' or ']' ? -1 : 0;
            if (c == '{')
            {
                depth++;
                if (start >= 0 && IsType(code[start..i]) && (inTypeBody || typeDepths.Count == 0))
                {
                    typeDepths.Push(depth);
                    start = -1;
                }
                else if (typeDepths.Count == 0 && code[start..i].StartsWith("namespace", StringComparison.Ordinal))
                {
                    start = -1;
                }
            }
            else if (c == '}')
            {
                depth--;
                bool endsType = inTypeBody && typeDepth == depth + 1;
                if (endsType)
                    typeDepths.Pop();
                else if (typeDepths.TryPeek(out int around) && depth == around && start >= 0 && parentheses == 0 && !HasInitialiser(code[start..i]))
                    members.Add(MemberOf(code, start, i));
                if (endsType || (typeDepths.TryPeek(out int outer) && depth == outer && parentheses == 0 && (start < 0 || !HasInitialiser(code[start..i]))))
                    start = -1;
            }
            else if (c == ';' && parentheses == 0 && (inTypeBody || typeDepths.Count == 0))
            {
                if (inTypeBody && start >= 0)
                    members.Add(MemberOf(code, start, i));
                start = -1;
            }
        }
        return members;
    }

    private static Member MemberOf(string code, int start, int end)
    {
        string text = code[start..(end + 1)];
        string signature = Spaces().Replace(text.Split('{', '=')[0], " ").Trim();
        return new Member(signature, code.AsSpan(0, start).Count('\n') + 1, text.AsSpan().Count('\n') + 1);
    }

    /// <summary>A type keyword before the first parenthesis; behind one it is a constraint.</summary>
    private static bool IsType(string head)
    {
        string bare = Attributes().Replace(head, "");
        Match match = TypeKeyword().Match(bare);
        int parenthesis = bare.IndexOf('(');
        return match.Success && (parenthesis < 0 || match.Index < parenthesis);
    }

    /// <summary>Whether an '=' or '=>' stands before the first brace: then only ';' ends the member.</summary>
    private static bool HasInitialiser(string text)
    {
        int brace = text.IndexOf('{');
        int depth = 0;
        for (int i = 0; i < (brace < 0 ? text.Length : brace); i++)
        {
            depth += text[i] is '(' or '[' or '<' ? 1 : text[i] is ')' or ']' || (text[i] == '>' && (i == 0 || text[i - 1] != '=')) ? -1 : 0;
            if (text[i] == '=' && depth == 0 && !text[..i].Contains("operator", StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    [GeneratedRegex(@"\b(class|struct|interface|enum|record|extension)\b")]
    private static partial Regex TypeKeyword();

    [GeneratedRegex(@"^\s*(\[[^\]]*\]\s*)+")]
    private static partial Regex Attributes();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
