using System.CommandLine;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Cache;

/// <summary>ocache free: drops cached pages. The under storage keeps everything.</summary>
internal sealed class FreeCommand
{
    private readonly Argument<string> _path = CommandContext.Path("The file, or with -r the directory.");
    private readonly Option<bool> _recursive = new("-r", "--recursive") { Description = "Everything below the directory." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only say what would be dropped." };

    public Command Create(CommandContext context)
    {
        var command = new Command("free", "Drops cached pages; the under storage keeps everything.")
        {
            _path, _recursive, _dryRun,
        };
        context.Describe(
            command, """the answer of POST /api/v1/free: {"path":"/train","recursive":true,"freedFiles":12,"freedPages":480,"freedBytes":503316480}""",
            "ocache free /models/old.bin", "ocache free -r --dry-run /train");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        bool dry = call.Get(_dryRun);
        string query = $"?path={Uri.EscapeDataString(call.PathOf(_path))}&recursive={(call.Get(_recursive) ? "true" : "false")}{(dry ? "&dryRun=true" : "")}";
        Answer<Dropped> answer = await call.Node.AskAsync(
            call.Node.Address.Of("api/v1/free" + query), AnswerJson.Default.Dropped, cancellationToken, HttpMethod.Post).ConfigureAwait(false);
        Dropped dropped = answer.Value;
        string line = $"{(dry ? "Would free" : "Freed")} {Text.Count(dropped.FreedPages)} pages of {Text.Count(dropped.FreedFiles)} files ({Text.Size(dropped.FreedBytes)}).";
        await call.PrintAsync(answer.Json, [line], cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
