using System.Diagnostics;

namespace Orleans.Cache.Bench.Fuse.Views;

/// <summary>s3fs, with its cache of files and with room for every status.</summary>
internal sealed class S3fsView(MountedDirectory directory, BucketNode bucket, Process mount) : ProgramView(directory, bucket, mount)
{
    public static async Task<FuseView> StartAsync(FuseData data)
    {
        BucketNode bucket = await BucketNode.StartAsync(data, "s3fs-source");
        var directory = new MountedDirectory();
        Process mount = Start(bucket.Url, BucketNode.Bucket, BucketNode.Key, BucketNode.Secret, directory.Path, data.NewStore("s3fs"));
        return await new S3fsView(directory, bucket, mount).BeginAsync(data);
    }

    public static Process Start(string url, string bucket, string key, string secret, string path, string cache)
    {
        // Statuses for ever, as an immutable mount has them.
        string options = $"url={url},use_path_request_style,use_cache={Path.Combine(cache, "files")},max_stat_cache_size=400000,stat_cache_expire=86400,"
            + "enable_noobj_cache,ro,kernel_cache,entry_timeout=86400,attr_timeout=86400,multireq_max=20,parallel_count=8";
        return Process.Start(new ProcessStartInfo("s3fs", [bucket, path, "-f", "-o", options])
        {
            RedirectStandardOutput = true,
            Environment = { ["AWSACCESSKEYID"] = key, ["AWSSECRETACCESSKEY"] = secret },
        })!;
    }
}
