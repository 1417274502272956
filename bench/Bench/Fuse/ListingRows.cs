using System.Diagnostics;
using Orleans.Cache.Bench.Fuse.Views;

namespace Orleans.Cache.Bench.Fuse;

/// <summary>ls -l of a large directory.</summary>
internal static class ListingRows
{
    public static IReadOnlyList<FuseRow> Of(FuseData data) =>
    [
        Row(data, $"ls -l of {data.Names} names, cold") with { IsCold = true },
        Row(data, $"ls -l of {data.Names} names, warm"),
    ];

    private static FuseRow Row(FuseData data, string name) => new(name, FuseInput.Names, view => Measured.RunAsync(view, data.Names, 0, () => List(view))) { IsCounted = true };

    private static void List(FuseView view)
    {
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", "exec ls -l -- \"$1\" > /dev/null", "sh", Path.Combine(view.Root, "names")]) { Environment = { ["LC_ALL"] = "C" } })!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"ls ended with {process.ExitCode}.");
    }
}
