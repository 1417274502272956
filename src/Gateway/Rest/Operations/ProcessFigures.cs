using System.Globalization;
using System.IO.Enumeration;

namespace Orleans.Cache.Gateway.Rest.Operations;

/// <summary>What this process uses of what it may use: where one nears the other, it is about to fail. 0 where the system does not say.</summary>
/// <param name="MemoryBytes">Resident memory.</param>
/// <param name="MemoryLimitBytes">Of the container, else of the machine.</param>
/// <param name="Descriptors">Open files and connections.</param>
/// <param name="DescriptorLimit">Most of them.</param>
internal sealed record ProcessFigures(long MemoryBytes, long MemoryLimitBytes, long Descriptors, long DescriptorLimit)
{
    private const string OpenDescriptors = "/proc/self/fd";
    private const string Limits = "/proc/self/limits";

    // The runtime raises it when the process starts; nobody changes it afterwards.
    private static readonly long Limit = ReadLimit();

    public static ProcessFigures Take() =>
        new(Environment.WorkingSet, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, CountDescriptors(), Limit);

    /// <summary>Names are not made into strings: there may be thousands, and somebody may ask every second.</summary>
    private static long CountDescriptors() => Directory.Exists(OpenDescriptors)
        ? new FileSystemEnumerable<byte>(OpenDescriptors, static (ref FileSystemEntry _) => 0).LongCount()
        : 0;

    /// <summary>"Max open files            1024                 1048576              files": the first counts.</summary>
    private static long ReadLimit()
    {
        if (!File.Exists(Limits))
            return 0;
        string? line = File.ReadLines(Limits).FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        string? soft = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? limit : 0;
    }
}
