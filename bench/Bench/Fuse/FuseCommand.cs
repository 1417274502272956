using System.CommandLine;

namespace Orleans.Cache.Bench.Fuse;

/// <summary>The switches of <see cref="FuseBench"/>.</summary>
internal static class FuseCommand
{
    public static Command Create(Option<int> rounds)
    {
        var mebibytes = new Option<int>("--mib") { DefaultValueFactory = _ => 1024, Description = "Size of the large file." };
        var files = new Option<int>("--files") { DefaultValueFactory = _ => 20_000, Description = "Number of files of 100 KB." };
        var names = new Option<int>("--names") { DefaultValueFactory = _ => 100_000, Description = "Entries of the large directory." };
        var only = new Option<string?>("--only") { Description = "Rows in whose 'view: name' this occurs; views are 'handed over', 'through the node', 'another process', s3fs and rclone." };
        var options = new Option<string?>("--options") { Description = "More options of a node's own mounts, such as readers=1." };
        var command = new Command("fuse", "Mounted files against the raw ones, and against s3fs and rclone.") { rounds, mebibytes, files, names, only, options };
        command.SetAction(a => FuseBench.RunAsync(a.GetValue(rounds), a.GetValue(mebibytes), a.GetValue(files), a.GetValue(names), a.GetValue(only), a.GetValue(options)));
        return command;
    }
}
