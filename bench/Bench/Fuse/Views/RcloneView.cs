using System.Diagnostics;

namespace Orleans.Cache.Bench.Fuse.Views;

/// <summary>rclone mount, with its full cache of files, and with names and times that it need not ask for again.</summary>
internal sealed class RcloneView(MountedDirectory directory, BucketNode bucket, Process mount) : ProgramView(directory, bucket, mount)
{
    public static async Task<FuseView> StartAsync(FuseData data)
    {
        BucketNode bucket = await BucketNode.StartAsync(data, "rclone-source");
        var directory = new MountedDirectory();
        var info = new ProcessStartInfo("rclone",
        [
            "mount", $":s3:{BucketNode.Bucket}", directory.Path, "--config", "/dev/null", "--s3-provider", "Other", "--s3-endpoint", bucket.Url, "--s3-region", "us-east-1",
            "--s3-access-key-id", BucketNode.Key, "--s3-secret-access-key", BucketNode.Secret, "--s3-force-path-style", "--read-only", "--vfs-cache-mode", "full",
            "--cache-dir", data.NewStore("rclone"), "--vfs-cache-max-age", "24h", "--dir-cache-time", "24h", "--attr-timeout", "24h", "--poll-interval", "0",
            "--use-server-modtime", "--max-read-ahead", "1M", "--transfers", "16", "-q",
        ]);
        // A list of authorities of one's own is more than its transport takes.
        info.Environment.Remove("AWS_CA_BUNDLE");
        Process mount = Process.Start(info)!;
        return await new RcloneView(directory, bucket, mount).BeginAsync(data);
    }
}
