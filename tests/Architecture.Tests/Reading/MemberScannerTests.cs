namespace Orleans.Cache.Architecture.Tests.Reading;

public sealed class MemberScannerTests
{
    private const string Source = """
        namespace A;

        public sealed class Box<T>(int size) : Base(size), IThing where T : class
        {
            private readonly Dictionary<string, int> _table = new()
            {
                ["{"] = 1,
            };

            public int Size { get; } = 3;

            [Obsolete("{")]
            public void Short<TItem>() where TItem : class
            {
                if (size > 0) { size++; }
            }

            public int Arrow(int x) => x switch
            {
                1 => 2,
                _ => 3,
            };

            public static bool operator ==(Box<T> a, Box<T> b)
            {
                return true;
            }

            private struct Inner
            {
                public void M(
                    int a,
                    int b)
                {
                    Call(() =>
                    {
                        Other();
                    });
                }
            }

            ~Box() { }
        }

        public enum E { A, B }

        public record R(int A);
        """;

    [Fact]
    public void Members_are_found_with_their_lengths()
    {
        (string, int)[] found = [.. MemberScanner.Scan(Source).Where(m => !m.Signature.StartsWith('A')).Select(m => (m.Signature, m.Lines))];

        Assert.Equal(
            [
                ("private readonly Dictionary<string, int> _table", 4),
                ("public int Size", 1),
                ("[Obsolete( )] public void Short<TItem>() where TItem : class", 5),
                ("public int Arrow(int x)", 5),
                ("public static bool operator", 4),
                ("public void M( int a, int b)", 9),
                ("~Box()", 1),
            ],
            found.Where(f => f.Item1.Length > 0).ToArray());
    }

    [Fact]
    public void Lines_count_from_one() => Assert.Equal(5, MemberScanner.Scan(Source)[0].Line);

    [Fact]
    public void A_long_method_is_long_wherever_it_stands()
    {
        string body = string.Concat(Enumerable.Repeat("        Call(\"}\");\n", 80));
        string source = $"namespace N\n{{\n  class C\n  {{\n    async Task M()\n    {{\n{body}    }}\n  }}\n}}\n";

        Member member = Assert.Single(MemberScanner.Scan(source));

        Assert.Equal(83, member.Lines);
        Assert.Equal(5, member.Line);
    }
}
