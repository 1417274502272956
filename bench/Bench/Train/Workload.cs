namespace Orleans.Cache.Bench.Train;

/// <summary>What an accelerator reads, and how long it computes on it: the shapes of MLPerf Storage, with fewer files.</summary>
/// <param name="Name">Of the model.</param>
/// <param name="Files">Of the data set.</param>
/// <param name="SamplesPerFile">Samples that lie one behind the other in a file.</param>
/// <param name="SampleBytes">Of one sample.</param>
/// <param name="Batch">Samples of a step.</param>
/// <param name="Step">Time that a step computes: emulated by sleeping.</param>
internal sealed record Workload(string Name, int Files, int SamplesPerFile, int SampleBytes, int Batch, TimeSpan Step)
{
    public static readonly Workload[] All =
    [
        // As MLPerf has it: 114.7 KB, 1,251 to a file, batch 400, 0.224 s; of its 1,024 files four.
        new("ResNet-50", 4, 1251, 114_660, 400, TimeSpan.FromMilliseconds(224)),
        // Files of 146.6 MB, batch 7, 0.636 s: everything by ten, and the step by two again, so that the store alone keeps it at work for less than a fifth of its time.
        new("U-Net3D", 112, 1, 14_660_000, 7, TimeSpan.FromMilliseconds(32)),
        // Pictures one by one; batch and step of ResNet-50 by four.
        new("JPEG folder", 2000, 1, 114_660, 100, TimeSpan.FromMilliseconds(56)),
    ];

    public int Samples => Files * SamplesPerFile;

    public int Steps => Samples / Batch;

    public long FileBytes => (long)SamplesPerFile * SampleBytes;

    /// <summary>Bytes a second that one accelerator wants.</summary>
    public double Demand => Batch * (double)SampleBytes / Step.TotalSeconds;

    public static string NameOf(int file) => $"train/{file:d5}.bin";
}
