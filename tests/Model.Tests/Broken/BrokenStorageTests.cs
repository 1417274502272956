using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Running;
using Orleans.Cache.Mounts;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Model.Tests.Broken;

/// <summary>The model itself: what is broken on purpose is found, and told in a few steps.</summary>
public sealed class BrokenStorageTests
{
    private const int Sequences = 20;
    private const int Steps = 300;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task One_wrong_byte_is_found_in_two_steps(bool overRest) =>
        IsFoundAsync(inner => new WrongByteStorage(inner), Freshness.Default, atMost: 2, "are not its content", overRest);

    [Fact]
    public Task A_version_that_outlives_its_content_is_found() =>
        IsFoundAsync(inner => new WeakTokenStorage(inner), Freshness.Strict, atMost: 4, "allow", overRest: false);

    [Fact]
    public Task An_answer_older_than_the_mode_allows_is_found() =>
        IsFoundAsync(inner => new LaggingStorage(inner), Freshness.Strict, atMost: 4, "allow", overRest: false);

    [Fact]
    public Task A_name_left_out_of_a_listing_is_found_in_two_steps() =>
        IsFoundAsync(inner => new ForgetfulStorage(inner), Freshness.Strict, atMost: 2, "listing of", overRest: false);

    private static async Task IsFoundAsync(
        Func<IUnderStorage, IUnderStorage> breaking, Freshness freshness, int atMost, string complaint, bool overRest)
    {
        for (int seed = 1; seed <= Sequences; seed++)
        {
            var setup = new Setup(seed, IsLocal: false, overRest) { Freshness = freshness, Break = breaking };
            Operation[] operations = new Generator(new Random(seed), inPlace: true).Sequence(Steps);
            if (await SequenceRunner.RunAsync(setup, operations, new Figures()) is not { } failure)
                continue;
            string report = await Campaign.ReportAsync(setup, operations, failure);
            Assert.Contains(complaint, report, StringComparison.Ordinal);
            Assert.Contains("  1. ", report, StringComparison.Ordinal);
            Assert.DoesNotContain($"  {atMost + 1}. ", report, StringComparison.Ordinal);
            return;
        }
        Assert.Fail("Nothing was found.");
    }
}
