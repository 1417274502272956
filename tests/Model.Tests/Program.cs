using System.Globalization;
using Orleans.Cache.Model.Tests.Running;

// The long run: dotnet run -c Release --project tests/Model.Tests -- SECONDS [CAMPAIGN ...]
double seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 60;
Campaign[] chosen = [.. Campaign.All.Where(c => args.Length < 2 || args.Skip(1).Contains(c.Name))];
double shares = chosen.Sum(c => c.Share);
var all = new Figures();
int seed = Campaign.FirstSeed;
Console.WriteLine($"{seconds} seconds of {string.Join(", ", chosen.Select(c => c.Name))}; OCACHE_MODEL_SEED={seed}");
foreach (Campaign campaign in chosen)
{
    var figures = new Figures();
    string? report = await campaign.RunAsync(TimeSpan.FromSeconds(seconds * campaign.Share / shares), seed, figures);
    Console.WriteLine($"{campaign.Name}: {figures}");
    all.Add(figures);
    if (report is not null)
        Console.WriteLine(report);
}
Console.WriteLine($"all: {all}");
return all.Wrong == 0 ? 0 : 1;
