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

    /// <summary>Of this process and of its children that have ended.</summary>
    public static double OwnCpuSeconds()
    {
        string[] fields = FieldsOf(Environment.ProcessId);
        return CpuSeconds(fields, 11) + CpuSeconds(fields, 13);
    }

    private static double CpuSeconds(int processId) => CpuSeconds(FieldsOf(processId), 11);

    private static double CpuSeconds(string[] fields, int user) => (double.Parse(fields[user]) + double.Parse(fields[user + 1])) / TicksPerSecond;

    /// <summary>From field 3 of proc(5) on: the command name before it may hold anything up to the last ')'. Its fields 14 to 17 are the times, ours and those of ended children.</summary>
    private static string[] FieldsOf(int processId)
    {
        string stat = File.ReadAllText($"/proc/{processId}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }
}
