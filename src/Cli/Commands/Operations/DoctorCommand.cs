using System.CommandLine;
using System.Text.Json;
using Orleans.Cache.Cli.Node;
using Orleans.Cache.Cli.Output;

namespace Orleans.Cache.Cli.Commands.Operations;

/// <summary>ocache doctor: what is wrong and what to do about it.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("doctor", "Checks the node and says what to do about what is wrong. Exits with 1 where a check fails.");
        context.Describe(
            command, """{"verdict":"ok|warnings|failures","checks":[{"name","result":"ok|warning|failure","found","remedy"}]}""",
            "ocache doctor", "ocache doctor --json | jq '.checks[] | select(.result != \"ok\")'");
        CommandContext.SetAction(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        Diagnosis diagnosis = await new Checkup(call.Node, ProgramVersion.Value, TimeProvider.System).RunAsync(cancellationToken).ConfigureAwait(false);
        await call.PrintAsync(JsonSerializer.Serialize(diagnosis, AnswerJson.Default.Diagnosis), diagnosis.Checks.SelectMany(Lines), cancellationToken).ConfigureAwait(false);
        return diagnosis.Checks.Any(c => c.Result == Check.Failed) ? ExitCode.Refused : ExitCode.Ok;
    }

    private static IEnumerable<string> Lines(Check check)
    {
        string mark = check.Result switch
        {
            Check.Passed => Terminal.Good("ok     "),
            Check.Warned => Terminal.Doubtful("warning"),
            _ => Terminal.Bad("failure"),
        };
        yield return $"{mark}  {check.Name,-14} {check.Found}";
        if (check.Remedy is { } remedy)
            yield return $"{"",-24} -> {remedy}";
    }
}
