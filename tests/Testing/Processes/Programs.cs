using System.Diagnostics;

namespace Orleans.Cache.Testing.Processes;

/// <summary>How a program ended and what it said.</summary>
public sealed record ProgramResult(int ExitCode, string Output, string Errors)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Starts the real executables, which the build puts beside the tests.</summary>
public static class Programs
{
    /// <summary>Nothing here takes a second; a minute forgives a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The start of ocache-node or ocache; variables of the project that the tests inherited are left out.</summary>
    public static ProcessStartInfo Info(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var info = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program + ".dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string name in info.Environment.Keys.Where(k => k.StartsWith("OCACHE_", StringComparison.Ordinal)).ToArray())
            info.Environment.Remove(name);
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            info.Environment[name] = value;
        return info;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<ProgramResult> RunAsync(ProcessStartInfo info)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(info)!;
        try
        {
            process.StandardInput.Close();
            using var patience = new CancellationTokenSource(Patience);
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new ProgramResult(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
