using System.CommandLine;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Shell;

/// <summary>
/// ocache completion: a script for a shell that asks this program itself what may come next (its suggest directive), so that
/// the script never lags behind the commands and paths of the cache are completed as well.
/// </summary>
internal sealed class CompletionCommand
{
    private readonly Argument<string> _shell = new("shell") { Description = "bash, zsh or fish.", HelpName = "SHELL" };

    public Command Create(CommandContext context)
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Prints a completion script for a shell.") { _shell };
        context.Describe(
            command, "the script, as without",
            "source <(ocache completion bash)     # in ~/.bashrc", "source <(ocache completion zsh)      # in ~/.zshrc, after compinit",
            "ocache completion fish > ~/.config/fish/completions/ocache.fish");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        string script = call.Get(_shell) switch
        {
            "bash" => CompletionScripts.Bash,
            "zsh" => CompletionScripts.Zsh,
            _ => CompletionScripts.Fish,
        };
        StreamWriter output = StandardOutput.OpenText();
        await using (output.ConfigureAwait(false))
            await output.WriteAsync(script.AsMemory(), cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
