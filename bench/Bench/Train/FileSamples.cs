using Orleans.Cache.Bench.Fuse;

namespace Orleans.Cache.Bench.Train;

/// <summary>Samples in files below a directory: opened, read and closed one by one, as a DataLoader's workers do.</summary>
internal sealed class FileSamples(Workload workload, string root) : ISamples
{
    private readonly byte[][] _paths = [.. Enumerable.Range(0, workload.Files).Select(i => PosixFiles.PathOf(Path.Combine(root, Workload.NameOf(i))))];

    public void List()
    {
        if (Directory.EnumerateFiles(Path.Combine(root, "train")).Count() != workload.Files)
            throw new IOException($"{root} does not show all files.");
    }

    public void Read(int sample, byte[] buffer) =>
        PosixFiles.ReadAt(_paths[sample / workload.SamplesPerFile], sample % workload.SamplesPerFile * (long)workload.SampleBytes, buffer.AsSpan(0, workload.SampleBytes));
}
