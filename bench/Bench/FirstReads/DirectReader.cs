using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Bench.Load;
using Orleans.Cache.Bench.Servers;

namespace Orleans.Cache.Bench.FirstReads;

/// <summary>The large object by the SDK alone.</summary>
internal static class DirectReader
{
    /// <summary>By so many streams, each reading an equal part of it from front to end.</summary>
    /// <param name="client">Where.</param>
    /// <param name="streams">How many.</param>
    /// <param name="kept">Written too, where it is given.</param>
    public static async Task<Download> ReadAsync(AmazonS3Client client, int streams, FileStream? kept = null)
    {
        TimeProvider time = TimeProvider.System;
        long start = time.GetTimestamp(), part = LargeObject.Size / streams;
        TimeSpan first = TimeSpan.MaxValue;
        await Parallel.ForAsync(0, streams, new ParallelOptions { MaxDegreeOfParallelism = streams }, async (i, token) =>
        {
            var request = new GetObjectRequest { BucketName = ObjectStoreServer.Bucket, Key = LargeObject.Name, ByteRange = new ByteRange(i * part, ((i + 1) * part) - 1) };
            using GetObjectResponse answer = await client.GetObjectAsync(request, token);
            byte[] buffer = new byte[1 << 20];
            bool any = false;
            long position = i * part;
            for (int read; (read = await answer.ResponseStream.ReadAsync(buffer, token)) > 0; position += read)
            {
                if (kept is not null)
                    RandomAccess.Write(kept.SafeFileHandle, buffer.AsSpan(0, read), position);
                if (!any && i == 0)
                    first = time.GetElapsedTime(start);
                any = true;
            }
        });
        return new Download(time.GetElapsedTime(start).TotalSeconds, first.TotalSeconds, LargeObject.Size);
    }

    /// <summary>The best of what was tried: more streams than this change nothing.</summary>
    public static async Task<Download> ReadBestAsync(AmazonS3Client client)
    {
        Download four = await ReadAsync(client, 4), eight = await ReadAsync(client, 8);
        return four.MiBPerSecond > eight.MiBPerSecond ? four : eight;
    }
}
