using Orleans.Cache.Architecture.Tests.Reading;

namespace Orleans.Cache.Architecture.Tests;

/// <summary>Small files and small methods; the limit that matters is on the tail.</summary>
public sealed class SizeTests
{
    private const int MaxFileLines = 400;
    private const int MedianFileLines = 150;
    private const int MaxMemberLines = 70;

    private static IEnumerable<string> AllFiles => SourceTree.Files("src", ".cs").Concat(SourceTree.Files("tests", ".cs")).Concat(SourceTree.Files("bench", ".cs"));

    [Fact]
    public void No_file_is_over_400_lines()
    {
        string[] long_ = [.. AllFiles.Select(f => (f, SourceTree.Lines(f).Length)).Where(x => x.Length > MaxFileLines).Select(x => $"{x.f}: {x.Length} lines")];

        Assert.Empty(long_);
    }

    [Fact]
    public void The_median_file_of_src_is_under_150_lines()
    {
        int[] lengths = [.. SourceTree.Files("src", ".cs").Select(f => SourceTree.Lines(f).Length).Order()];

        Assert.True(lengths[lengths.Length / 2] < MedianFileLines, $"The median is {lengths[lengths.Length / 2]} lines.");
    }

    [Fact]
    public void No_member_is_over_70_lines()
    {
        string[] long_ =
        [
            .. from file in AllFiles
               from member in MemberScanner.Scan(SourceTree.Text(file))
               where member.Lines > MaxMemberLines && !member.Signature.Contains("const ", StringComparison.Ordinal)
               select $"{file}:{member.Line}: {member.Lines} lines: {member.Signature}",
        ];

        Assert.Empty(long_);
    }

    /// <summary>Its statements stand in no member, so the scanner does not see them.</summary>
    [Fact]
    public void A_main_program_is_no_longer_than_a_member()
    {
        string[] long_ = [.. AllFiles.Where(f => Path.GetFileName(f) == "Program.cs" && SourceTree.Lines(f).Length > MaxMemberLines)];

        Assert.Empty(long_);
    }
}
