namespace Orleans.Cache.Architecture.Tests.Reading;

public sealed class CSharpTextTests
{
    [Theory]
    [InlineData("a // {", "a     ")]
    [InlineData("a /* { */ b", "a         b")]
    [InlineData("a \"{\\\"{\" b", "a        b")]
    [InlineData("a @\"{\"\"\\\" b", "a         b")]
    [InlineData("a '{' b", "a     b")]
    [InlineData("a '\\'' b", "a      b")]
    [InlineData("a $\"x{F(\"}\")}y\" b", "a               b")]
    [InlineData("a $\"{{{x}\" b", "a          b")]
    [InlineData("a \"\"\"{\"\"\" b", "a         b")]
    [InlineData("a /* {\n{ */ b", "a     \n     b")]
    public void Comments_and_literals_are_blanked_and_columns_stay(string text, string expected) =>
        Assert.Equal(expected, CSharpText.CodeOnly(text));

    [Fact]
    public void Preprocessor_lines_are_blanked() => Assert.Equal("a\n         \nb", CSharpText.CodeOnly("a\n#region x\nb"));
}
