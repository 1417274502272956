using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Orleans.Cache.Cli.Commands;

/// <summary>The usual help of a command with its examples below: they say more than the rest.</summary>
internal sealed class ExamplesHelp(HelpAction help, IReadOnlyDictionary<Command, string[]> examples) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        if (examples.TryGetValue(parseResult.CommandResult.Command, out string[]? lines))
            Console.WriteLine("Examples:\n  " + string.Join("\n  ", lines) + "\n");
        return code;
    }
}
