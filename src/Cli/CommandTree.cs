using System.CommandLine;
using Orleans.Cache.Cli.Commands;
using Orleans.Cache.Cli.Commands.Cache;
using Orleans.Cache.Cli.Commands.Files;
using Orleans.Cache.Cli.Commands.Mounts;
using Orleans.Cache.Cli.Commands.Operations;
using Orleans.Cache.Cli.Commands.Shell;

namespace Orleans.Cache.Cli;

/// <summary>All commands in their groups: what help shows, what completion offers, what docs/CLI.md is written from.</summary>
internal static class CommandTree
{
    public static RootCommand Create()
    {
        var context = new CommandContext();
        CommandGroup[] groups =
        [
            new("Files",
            [
                new ListCommand().Create(context), new StatCommand().Create(context), new CatCommand().Create(context), new HeadCommand(isTail: false).Create(context),
                new HeadCommand(isTail: true).Create(context), new CopyCommand().Create(context), new PutCommand().Create(context), new RemoveCommand().Create(context),
                new MakeDirectoryCommand().Create(context), new MoveCommand().Create(context),
            ]),
            new("Cache", [new LoadCommand().Create(context), new FreeCommand().Create(context), new ExplainCommand().Create(context)]),
            new("Operations",
            [
                StatusCommand.Create(context), ClusterCommand.Create(context), new StatsCommand().Create(context), new TopCommand().Create(context), new BenchCommand().Create(context),
                DoctorCommand.Create(context), new DebugCommand().Create(context), new MountCommand().Create(context), new UnmountCommand().Create(context), ConfigCommand.Create(context),
            ]),
            new("Shell", [new CompletionCommand().Create(context)]),
        ];
        var root = new RootCommand("Looks at a running node of Orleans.Cache, moves files through it and measures it.");
        foreach (Command command in groups.SelectMany(g => g.Commands))
            root.Add(command);
        root.Add(ReferenceCommand.Create(context, root, groups));
        context.AddTo(root, groups);
        context.Describe(root, "", "ocache status", "ocache ls -lh /train", "ocache cp -r oc:/train ./train", "OCACHE_URL=http://gpu-07:28080 ocache explain /train/0001.tar");
        return root;
    }
}
