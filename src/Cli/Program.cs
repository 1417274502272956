using System.CommandLine;
using System.CommandLine.Parsing;
using Orleans.Cache.Cli;
using Orleans.Cache.Cli.Commands;

// errno of a write whose reader is gone; .NET hands it on as HResult.
const int BrokenPipe = 32;

ParseResult command = CommandTree.Create().Parse(args is [] ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (command.Action is not CommandHelp && Complaint(command) is { } complaint)
    return Fail(ExitCode.Usage, complaint + " Try --help.");
try
{
    // What serves local files lets those who read them come to their end; everything else ends at once.
    TimeSpan patience = TimeSpan.FromSeconds(command.CommandResult.Command.Name == "mount" ? 30 : 2);
    return await command.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = patience });
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
    return Fail(ExitCode.Local, "the output cannot be written: " + e.Message);
}

// What begins with '-' and is no option of the command is one mistyped, not a path, unless "--" stands before it.
static string? Complaint(ParseResult command)
{
    Token? option = command.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash).FirstOrDefault(t => t is { Type: TokenType.Argument, Value: ['-', _, ..] });
    if (option is { } mistyped)
        return $"'{mistyped.Value}' is not an option here; a path that begins with '-' is written /{mistyped.Value}, or after --.";
    if (command.Errors.Count == 0)
        return null;
    return command.UnmatchedTokens is [var first, ..] ? $"'{first}' is neither a command nor an option here." : command.Errors[0].Message;
}

static int Fail(int exitCode, string message)
{
    Console.Error.WriteLine("ocache: " + message.ReplaceLineEndings(" ").Replace('\t', ' '));
    return exitCode;
}
