namespace Orleans.Cache.Bench.Servers;

internal static class ProcessTree
{
    /// <summary>Clock ticks per second of /proc/PID/stat; 100 on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    public static IReadOnlyList<int> ChildrenOf(int processId) =>
    [
        .. File.ReadAllText($"/proc/{processId}/task/{processId}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(int.Parse),
    ];

    /// <summary>Processor seconds (user and system) that the processes have used so far.</summary>
    public static double CpuSeconds(IEnumerable<int> processIds) => processIds.Sum(CpuSeconds);

    private static double CpuSeconds(int processId)
    {
        string stat = File.ReadAllText($"/proc/{processId}/stat");
        // Fields 14 and 15 (proc(5)), counted after the command name, which may hold anything up to the last ')'.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11]) + double.Parse(fields[12])) / TicksPerSecond;
    }
}
