namespace Orleans.Cache.Node.Tests.Fuse;

/// <summary>Programs that touch a mount: in processes of their own, killed where they hang, so that a broken mount fails a test and nothing else.</summary>
internal static class Guarded
{
    private const int Seconds = 60;

    /// <summary>The output; the program must end well.</summary>
    public static async Task<string> OutputAsync(string program, params string[] arguments)
    {
        ProgramResult result = await RunAsync(program, arguments);
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Errors}{result.Output}");
        return result.Output;
    }

    public static Task<ProgramResult> RunAsync(string program, params string[] arguments) =>
        Programs.RunAsync(new System.Diagnostics.ProcessStartInfo("timeout", ["-s", "KILL", $"{Seconds}", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        });

    public static Task<string> ShellAsync(string script) => OutputAsync("bash", "-c", "set -euo pipefail; " + script);
}
