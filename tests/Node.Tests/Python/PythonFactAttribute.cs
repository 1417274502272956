using System.Collections.Concurrent;
using System.Diagnostics;

namespace Orleans.Cache.Node.Tests.Python;

/// <summary>A test that needs Debian's Python with some modules; skipped where they are not, except in CI, which installs those it says.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonFactAttribute : FactAttribute
{
    public const string Interpreter = "/usr/bin/python3";

    /// <summary>What eng/python-packages.sh installs: these must not be missed silently.</summary>
    private static readonly string[] InstalledByCi = ["requests", "fsspec", "aiohttp"];

    private static readonly ConcurrentDictionary<string, bool> Known = new();

    public PythonFactAttribute(params string[] modules)
    {
        bool isCi = Environment.GetEnvironmentVariable("CI") == "true";
        string? missing = modules.FirstOrDefault(m => !Known.GetOrAdd(m, IsThere));
        if (missing is not null && !(isCi && InstalledByCi.Contains(missing)))
            Skip = $"{Interpreter} has no module '{missing}'.";
    }

    private static bool IsThere(string module)
    {
        if (!File.Exists(Interpreter))
            return false;
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(
            new ProcessStartInfo(Interpreter, ["-c", $"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)"]))!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
