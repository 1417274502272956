using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands;

/// <summary>ocache free: drops cached pages. The under storage keeps everything.</summary>
internal sealed class FreeCommand
{
    private readonly Argument<string> _path = CommandContext.Path("The file, or with -r the directory.");
    private readonly Option<bool> _recursive = new("-r", "--recursive") { Description = "Everything below the directory." };

    public Command Create(CommandContext context)
    {
        var command = new Command("free", "Drops cached pages; the under storage keeps everything.")
        {
            _path, _recursive,
        };
        context.AddExamples(command, "ocache free /models/old.bin", "ocache free -r /train");
        context.SetAction(command, (arguments, node, cancellationToken) => RunAsync(arguments, context.IsJson(arguments), node, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, bool json, NodeClient node, CancellationToken cancellationToken)
    {
        string path = arguments.GetRequiredValue(_path);
        string query = $"?path={Uri.EscapeDataString(path)}&recursive={(arguments.GetValue(_recursive) ? "true" : "false")}";
        string answer = await node.GetTextAsync(node.Address.Of("api/v1/free" + query), cancellationToken, HttpMethod.Post).ConfigureAwait(false);
        Dropped dropped = node.Read(answer, AnswerJson.Default.Dropped);
        StreamWriter output = StandardOutput.OpenText();
        await using (output.ConfigureAwait(false))
        {
            await output.WriteLineAsync(json
                ? answer
                : $"Freed {Text.Count(dropped.FreedPages)} pages of {Text.Count(dropped.FreedFiles)} files ({Text.Size(dropped.FreedBytes)}).").ConfigureAwait(false);
        }
        return ExitCode.Ok;
    }
}
