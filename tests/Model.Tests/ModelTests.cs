using Orleans.Cache.Model.Tests.Running;
using Xunit.Abstractions;

namespace Orleans.Cache.Model.Tests;

/// <summary>Every answer of the engine against everything the source ever held. How long: OCACHE_MODEL_SECONDS, all campaigns together.</summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    public static TheoryData<string> Campaigns => [.. Campaign.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Campaigns))]
    public async Task Every_answer_is_one_that_the_mode_allows(string name)
    {
        Campaign campaign = Campaign.All.Single(c => c.Name == name);
        var figures = new Figures();

        string? report = await campaign.RunAsync(TimeSpan.FromSeconds(Campaign.TotalSeconds * campaign.Share), Campaign.FirstSeed, figures);

        output.WriteLine($"{name}: {figures}");
        Assert.True(report is null, report);
    }
}
