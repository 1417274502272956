using System.CommandLine;
using System.CommandLine.Help;
using Orleans.Cache.Cli;
using Orleans.Cache.Cli.Commands;

var context = new CommandContext();
var root = new RootCommand(
    "Looks at a running node of Orleans.Cache.\n\n"
    + "Exit codes: 0 done; 1 refused by the node (nothing at the path, not allowed, not healthy); 2 the command line is wrong; 3 no node answers.\n\n"
    + "Examples:\n  ocache ls /\n  ocache status\n  OCACHE_URL=http://gpu-07:28080 ocache cat /models/config.json")
{
    new ListCommand().Create(context),
    new StatCommand().Create(context),
    new CatCommand().Create(context),
    new StatusCommand().Create(context),
    new FreeCommand().Create(context),
};
context.AddTo(root);

// -h is "human readable" in ls, as everywhere; --help and -? remain.
root.Options.Remove(root.Options.OfType<HelpOption>().Single());
root.Options.Add(new HelpOption("--help", "-?"));

ParseResult command = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
bool isHelp = command.Action is HelpAction;
if (command.Errors.Count > 0 && !isHelp)
    return Fail(ExitCode.Usage, command.Errors[0].Message + " Try --help.");
try
{
    return await command.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (CommandFailedException e)
{
    return Fail(e.ExitCode, e.Message);
}
catch (OperationCanceledException)
{
    return Fail(ExitCode.OutputClosed - 11, "interrupted.");
}
catch (IOException)
{
    return ExitCode.OutputClosed;
}

static int Fail(int exitCode, string message)
{
    Console.Error.WriteLine("ocache: " + message.ReplaceLineEndings(" "));
    return exitCode;
}
