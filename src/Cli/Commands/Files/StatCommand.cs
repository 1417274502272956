using System.CommandLine;
using System.Globalization;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Files;

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
        context.Describe(command, "the answer of GET /api/v1/status/{path}: {\"path\",\"type\",\"length\",\"version\",\"lastModified\",\"cachedBytes\",\"cachedPercent\",\"pageSize\",\"pages\",\"mount\",\"validForSeconds\"}", "ocache stat /models/llama.safetensors", "ocache stat --json /train");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        Answer<Entry> answer = await call.Node.StatAsync(call.PathOf(_path), cancellationToken).ConfigureAwait(false);
        await call.PrintAsync(answer.Json, [Describe(answer.Value)], cancellationToken).ConfigureAwait(false);
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
