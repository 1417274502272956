using System.CommandLine;
using System.Globalization;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands;

/// <summary>ocache stat: what the node knows of one path, and how much of it is cached.</summary>
internal sealed class StatCommand
{
    private readonly Argument<string> _path = CommandContext.Path("The file or directory.");

    public Command Create(CommandContext context)
    {
        var command = new Command("stat", "Shows what is known of a path and how much of it is cached.")
        {
            _path,
        };
        context.AddExamples(command, "ocache stat /models/llama.safetensors", "ocache stat --json /train");
        context.SetAction(command, (arguments, node, cancellationToken) => RunAsync(arguments, context.IsJson(arguments), node, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, bool json, NodeClient node, CancellationToken cancellationToken)
    {
        string answer = await node.GetTextAsync(node.Address.Of("api/v1/status", arguments.GetRequiredValue(_path)), cancellationToken).ConfigureAwait(false);
        StreamWriter output = StandardOutput.OpenText();
        await using (output.ConfigureAwait(false))
            await output.WriteLineAsync(json ? answer : Describe(node.Read(answer, AnswerJson.Default.Entry))).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static string Describe(Entry entry)
    {
        var lines = new List<string> { $"Path      {Text.Name(entry.Path)}", $"Type      {entry.Type}" };
        if (!entry.IsDirectory)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"Length    {entry.Length} ({Text.Size(entry.Length)})"));
        lines.Add($"Modified  {Text.Time(entry.LastModified)}");
        if (entry.Version is { } version)
            lines.Add($"Version   {version}");
        if (entry.CachedBytes is { } cached)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"Cached    {Text.Size(cached)} ({entry.CachedPercent:0.##} %)"));
        if (entry.Mount is { } mount)
            lines.Add($"Mount     {mount}");
        return string.Join('\n', lines);
    }
}
