using System.CommandLine;

namespace Orleans.Cache.Bench.Train;

/// <summary>The switches of <see cref="TrainBench"/>.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var only = new Option<string?>("--only") { Description = "One workload only: resnet, u-net or jpeg." };
        var command = new Command("train", "Emulated accelerators on a store 50 ms away: through the mount, through s3fs, directly, and after a copy.") { only };
        command.SetAction(a => TrainBench.RunAsync(a.GetValue(only)));
        return command;
    }
}
