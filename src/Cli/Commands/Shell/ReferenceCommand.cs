using System.CommandLine;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Shell;

/// <summary>ocache reference: docs/CLI.md, written from the commands themselves. Not shown in help; a test compares.</summary>
internal static class ReferenceCommand
{
    public static Command Create(CommandContext context, RootCommand root, IReadOnlyList<CommandGroup> groups)
    {
        var command = new Command("reference", "Prints docs/CLI.md.") { Hidden = true };
        command.SetAction(async (_, cancellationToken) =>
        {
            StreamWriter output = StandardOutput.OpenText();
            await using (output.ConfigureAwait(false))
            {
                foreach (string line in new Reference(context, root, groups).Lines())
                    await output.WriteLineAsync(line.AsMemory(), cancellationToken).ConfigureAwait(false);
            }
            return ExitCode.Ok;
        });
        return command;
    }
}
