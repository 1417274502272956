using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.Train;

/// <summary>Samples straight from the store, a GET each.</summary>
internal sealed class StoreSamples(Workload workload, IAmazonS3 client) : ISamples
{
    /// <summary>Of a copy of the whole data set: the 1,000 keys of a page and this many at a time are what common tools do.</summary>
    private const int CopyStreams = 16;

    public void List() => client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = ObjectStoreServer.Bucket }).GetAwaiter().GetResult();

    public void Read(int sample, byte[] buffer) => ReadAsync(sample, buffer).GetAwaiter().GetResult();

    /// <summary>All files to a directory.</summary>
    public Task CopyAsync(string root) => Parallel.ForAsync(0, workload.Files, new ParallelOptions { MaxDegreeOfParallelism = CopyStreams }, async (file, token) =>
    {
        string path = Path.Combine(root, Workload.NameOf(file));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using GetObjectResponse answer = await client.GetObjectAsync(ObjectStoreServer.Bucket, Workload.NameOf(file), token);
        await using FileStream copy = File.Create(path);
        await answer.ResponseStream.CopyToAsync(copy, 1 << 20, token);
    });

    private async Task ReadAsync(int sample, byte[] buffer)
    {
        long offset = sample % workload.SamplesPerFile * (long)workload.SampleBytes;
        using GetObjectResponse answer = await client.GetObjectAsync(new GetObjectRequest
        {
            BucketName = ObjectStoreServer.Bucket,
            Key = Workload.NameOf(sample / workload.SamplesPerFile),
            ByteRange = new ByteRange(offset, offset + workload.SampleBytes - 1),
        }).ConfigureAwait(false);
        await answer.ResponseStream.ReadExactlyAsync(buffer.AsMemory(0, workload.SampleBytes)).ConfigureAwait(false);
    }
}
