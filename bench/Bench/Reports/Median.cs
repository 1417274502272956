namespace Orleans.Cache.Bench.Reports;

internal static class Median
{
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>"median [lowest-highest]".</summary>
    public static string WithSpread(IReadOnlyCollection<double> values, string format) =>
        $"{Of(values).ToString(format)} [{values.Min().ToString(format)}-{values.Max().ToString(format)}]";
}
