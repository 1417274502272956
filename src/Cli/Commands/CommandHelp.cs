using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Orleans.Cache.Cli.Commands;

/// <summary>The usual help of a command with its examples below; of the program, its commands in groups.</summary>
internal sealed class CommandHelp(HelpAction help, CommandContext context, IReadOnlyList<CommandGroup> groups) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        Command command = parseResult.CommandResult.Command;
        if (command is RootCommand root)
        {
            Console.Write(string.Join('\n', Overview(root)) + "\n");
            return ExitCode.Ok;
        }
        int code = help.Invoke(parseResult);
        if (context.NotesOf(command) is { } notes)
            Console.Write($"Examples:\n  {string.Join("\n  ", notes.Examples)}\n\nWith --json:\n  {notes.Json}\n");
        return code;
    }

    private IEnumerable<string> Overview(RootCommand root)
    {
        yield return root.Description!;
        yield return "";
        yield return "Usage: ocache COMMAND [ARGUMENTS] [--url URL] [--json]     ocache COMMAND --help";
        int width = groups.SelectMany(g => g.Commands).Max(c => c.Name.Length) + 2;
        foreach (CommandGroup group in groups)
        {
            yield return "";
            yield return group.Title + ":";
            foreach (Command command in group.Commands)
                yield return $"  {command.Name.PadRight(width)}{FirstSentence(command.Description!)}";
        }
        yield return "";
        yield return "Options of every command:";
        foreach (Option option in root.Options)
            yield return $"  {option.Name.PadRight(width)}{option.Description}";
        yield return "";
        yield return "Examples:";
        foreach (string example in context.NotesOf(root)!.Examples)
            yield return "  " + example;
        yield return "";
        yield return "Exit codes:";
        foreach ((int code, string meaning) in ExitCode.All)
            yield return $"  {code,3}  {meaning}";
    }

    private static string FirstSentence(string description) =>
        description.IndexOf(". ", StringComparison.Ordinal) is > 0 and int end ? description[..(end + 1)] : description;
}
