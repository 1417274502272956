using System.CommandLine;
using System.CommandLine.Parsing;
using Orleans.Cache.Cli;
using Orleans.Cache.Cli.Commands;

// errno of a write whose reader is gone; .NET hands it on as HResult.
const int BrokenPipe = 32;

var context = new CommandContext();
var root = new RootCommand(
    "Looks at a running node of Orleans.Cache.\n\n"
    + "Exit codes: 0 done; 1 refused by the node (nothing at the path, not allowed, not healthy); 2 the command line is wrong; 3 no node answers.")
{
    new ListCommand().Create(context),
    new StatCommand().Create(context),
    new CatCommand().Create(context),
    StatusCommand.Create(context),
    new FreeCommand().Create(context),
};
context.AddTo(root);
context.AddExamples(root, "ocache ls /", "ocache status", "OCACHE_URL=http://gpu-07:28080 ocache cat /models/config.json");

ParseResult command = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (command.Errors.Count > 0 && command.Action is not ExamplesHelp)
    return Fail(ExitCode.Usage, Complaint(command) + " Try --help.");
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
    return ExitCode.Interrupted;
}
catch (IOException e) when (e.HResult == BrokenPipe)
{
    return ExitCode.OutputClosed;
}
catch (IOException e)
{
    return Fail(ExitCode.Refused, "the output cannot be written: " + e.Message);
}

static string Complaint(ParseResult command) =>
    command.Errors.FirstOrDefault(e => e.SymbolResult is ArgumentResult)?.Message is { } argument ? argument
    : command.UnmatchedTokens is [var first, ..] ? $"'{first}' is neither a command nor an option here." : command.Errors[0].Message;

static int Fail(int exitCode, string message)
{
    Console.Error.WriteLine("ocache: " + message.ReplaceLineEndings(" "));
    return exitCode;
}
