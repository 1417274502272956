using System.Diagnostics;
using System.Text;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>The tools that people have, as Debian packages them, against a node.</summary>
public abstract class S3ToolContract(S3Node node) : IDisposable
{
    private const string Bucket = S3Node.Bucket;
    private const string Aws = "/usr/bin/aws";
    private const string S3cmd = "/usr/bin/s3cmd";
    private const string Rclone = "/usr/bin/rclone";
    private const string Python = "/usr/bin/python3";
    private const string S3fs = "/usr/bin/s3fs";

    private readonly TemporaryDirectory _work = new();
    private readonly string _prefix = node.NextPrefix();

    public void Dispose()
    {
        _work.Dispose();
        GC.SuppressFinalize(this);
    }

    [ToolFact(Aws)]
    public async Task The_aws_command_line_copies_syncs_lists_and_presigns()
    {
        MakeTree();
        string there = $"s3://{Bucket}/{_prefix}";
        await AwsAsync("s3", "sync", _work["tree"], there, "--only-show-errors");
        Assert.Equal("", await AwsAsync("s3", "sync", _work["tree"], there, "--size-only"));
        await AwsAsync("s3", "sync", there, _work["back"], "--only-show-errors");
        AssertSameTree("back");
        Assert.Contains("PRE sub/", await AwsAsync("s3", "ls", there + "/"), StringComparison.Ordinal);
        await AwsAsync("s3", "cp", there + "/large.bin", there + "/copied.bin", "--only-show-errors");
        await AwsAsync("s3", "mv", there + "/copied.bin", _work["moved.bin"], "--only-show-errors");
        Assert.Equal(await File.ReadAllBytesAsync(_work["tree/large.bin"]), await File.ReadAllBytesAsync(_work["moved.bin"]));
        using var http = new HttpClient();
        string presigned = (await AwsAsync("s3", "presign", there + "/one.txt")).Trim();
        Assert.Equal("one", await http.GetStringAsync(presigned));
        string etag = (await AwsAsync("s3api", "head-object", "--bucket", Bucket, "--key", _prefix + "/one.txt", "--query", "ETag", "--output", "text")).Trim();
        await AwsAsync("s3api", "get-object", "--bucket", Bucket, "--key", _prefix + "/one.txt", "--if-match", etag, _work["matched"]);
        Assert.Contains("304", (await RunAsync(Aws, null, AwsArguments("s3api", "get-object", "--bucket", Bucket, "--key", _prefix + "/one.txt", "--if-none-match", etag, _work["not"]))).Errors, StringComparison.Ordinal);
        await AwsAsync("s3", "rm", there, "--recursive", "--only-show-errors");
        Assert.NotEqual(0, (await RunAsync(Aws, null, AwsArguments("s3", "ls", there + "/"))).ExitCode);
    }

    [ToolFact(S3cmd)]
    public async Task S3cmd_puts_syncs_by_md5_and_describes()
    {
        MakeTree();
        string there = $"s3://{Bucket}/{_prefix}/";
        await S3cmdAsync("sync", _work["tree"] + "/", there);
        // Compared by MD5: nothing is sent twice.
        Assert.DoesNotContain("upload:", await S3cmdAsync("sync", _work["tree"] + "/", there), StringComparison.Ordinal);
        Assert.Contains("large.bin", await S3cmdAsync("ls", there), StringComparison.Ordinal);
        Directory.CreateDirectory(_work["back"]);
        await S3cmdAsync("sync", there, _work["back"] + "/");
        AssertSameTree("back");
        Assert.Contains("MD5 sum", await S3cmdAsync("info", there + "one.txt"), StringComparison.Ordinal);
        await S3cmdAsync("cp", there + "one.txt", there + "two.txt");
        await S3cmdAsync("modify", "--add-header=x-amz-meta-a:b", there + "two.txt");
        Assert.Contains("x-amz-meta-a", await S3cmdAsync("info", there + "two.txt"), StringComparison.Ordinal);
        await S3cmdAsync("del", "--recursive", "--force", there);
        Assert.Equal("", (await S3cmdAsync("ls", there)).Trim());
    }

    [ToolFact(Rclone)]
    public async Task Rclone_copies_checks_and_syncs()
    {
        MakeTree();
        string there = $"node:{Bucket}/{_prefix}";
        await RcloneAsync("copy", _work["tree"], there);
        await RcloneAsync("check", _work["tree"], there);
        await RcloneAsync("copy", there, _work["back"]);
        AssertSameTree("back");
        Assert.Equal(File.GetLastWriteTimeUtc(_work["tree/one.txt"]), File.GetLastWriteTimeUtc(_work["back/one.txt"]), TimeSpan.FromSeconds(1));
        File.Delete(_work["tree/one.txt"]);
        await File.WriteAllTextAsync(_work["tree/new.txt"], "new");
        await RcloneAsync("sync", _work["tree"], there);
        string[] listed = (await RcloneAsync("lsf", "--recursive", "--files-only", there)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("new.txt", listed);
        Assert.DoesNotContain("one.txt", listed);
        await RcloneAsync("purge", there);
    }

    [ToolFact(Python, Module = "boto3")]
    public async Task Boto3_reads_writes_and_uploads_in_parts()
    {
        const string Script = """
            import boto3, hashlib, io, sys
            from boto3.s3.transfer import TransferConfig
            from botocore.client import Config
            from botocore.exceptions import ClientError
            url, bucket, prefix = sys.argv[1:]
            s3 = boto3.client('s3', endpoint_url=url, region_name='us-east-1', config=Config(signature_version='s3v4'))
            body = bytes(range(256)) * 1000
            etag = s3.put_object(Bucket=bucket, Key=prefix + '/a', Body=body, Metadata={'k': 'v'}, ContentType='a/b')['ETag']
            assert etag == '"%s"' % hashlib.md5(body).hexdigest(), etag
            got = s3.get_object(Bucket=bucket, Key=prefix + '/a', Range='bytes=10-19')
            assert got['Body'].read() == body[10:20] and got['Metadata'] == {'k': 'v'} and got['ContentType'] == 'a/b'
            config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
            large = body * 50
            s3.upload_fileobj(io.BytesIO(large), bucket, prefix + '/large', Config=config)
            target = io.BytesIO()
            s3.download_fileobj(bucket, prefix + '/large', target, Config=config)
            assert target.getvalue() == large
            assert s3.head_object(Bucket=bucket, Key=prefix + '/large')['ETag'].endswith('-3"')
            for i in range(7):
                s3.put_object(Bucket=bucket, Key='%s/n/%d' % (prefix, i), Body=b'x', ChecksumAlgorithm='SHA256')
            pages = s3.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix=prefix + '/n/', PaginationConfig={'PageSize': 3})
            assert [o['Key'][-1] for p in pages for o in p['Contents']] == list('0123456')
            url = s3.generate_presigned_url('get_object', Params={'Bucket': bucket, 'Key': prefix + '/a'})
            import urllib.request
            assert urllib.request.urlopen(url).read() == body
            s3.put_object_tagging(Bucket=bucket, Key=prefix + '/a', Tagging={'TagSet': [{'Key': 'x', 'Value': 'y'}]})
            assert s3.get_object_tagging(Bucket=bucket, Key=prefix + '/a')['TagSet'] == [{'Key': 'x', 'Value': 'y'}]
            for broken in (lambda: s3.get_object(Bucket=bucket, Key=prefix + '/none'), lambda: s3.get_object(Bucket='none', Key='x')):
                try:
                    broken()
                    assert False
                except ClientError as e:
                    assert e.response['Error']['Code'] in ('NoSuchKey', 'NoSuchBucket'), e
            boto3.resource('s3', endpoint_url=s3.meta.endpoint_url, region_name='us-east-1').Bucket(bucket).objects.filter(Prefix=prefix).delete()
            assert 'Contents' not in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
            print('well')
            """;
        await File.WriteAllTextAsync(_work["script.py"], Script);
        Assert.Equal("well", (await OkAsync(Python, null, _work["script.py"], node.Url.ToString().TrimEnd('/'), Bucket, _prefix)).Trim());
    }

    [ToolFact(S3fs, Device = "/dev/fuse")]
    public async Task S3fs_mounts_a_bucket_as_a_file_system()
    {
        string at = Directory.CreateDirectory(_work["mount"]).FullName, passwords = _work["passwords"];
        await File.WriteAllTextAsync(passwords, $"{S3Node.Key}:{S3Node.Secret}");
        await OkAsync("/bin/chmod", null, "600", passwords);
        var mount = await RunAsync(S3fs, null, Bucket, at, "-o", $"url={node.Url.ToString().TrimEnd('/')}", "-o", "use_path_request_style", "-o", $"passwd_file={passwords}", "-o", "multipart_size=5");
        Assert.True(mount.ExitCode == 0, mount.Errors);
        try
        {
            await NodeProcess.UntilAsync(async () => (await File.ReadAllTextAsync("/proc/mounts")).Contains(at, StringComparison.Ordinal), "the directory without the mount");
            string folder = Directory.CreateDirectory(Path.Combine(at, _prefix, "sub")).FullName;
            byte[] large = new byte[12 << 20];
            new Random(7).NextBytes(large);
            await File.WriteAllBytesAsync(Path.Combine(folder, "large"), large);
            await File.WriteAllTextAsync(Path.Combine(folder, "small"), "small");
            await File.AppendAllTextAsync(Path.Combine(folder, "small"), " and more");
            Assert.Equal(large, await File.ReadAllBytesAsync(Path.Combine(folder, "large")));
            Assert.Equal("small and more", await File.ReadAllTextAsync(Path.Combine(folder, "small")));
            File.Move(Path.Combine(folder, "small"), Path.Combine(folder, "renamed"));
            Assert.Equal(["large", "renamed"], Directory.GetFiles(folder).Select(f => Path.GetFileName(f)!).Order());
            Directory.Delete(Path.Combine(at, _prefix), recursive: true);
            Assert.False(Directory.Exists(folder));
        }
        finally
        {
            await RunAsync("/usr/bin/fusermount", null, "-u", "-z", at);
        }
    }

    private Task<string> AwsAsync(params string[] arguments) => OkAsync(Aws, null, AwsArguments(arguments));

    private string[] AwsArguments(params string[] arguments) => ["--endpoint-url", node.Url.ToString(), .. arguments];

    private Task<string> S3cmdAsync(params string[] arguments) => OkAsync(S3cmd, null,
    [
        "--config=/dev/null", $"--access_key={S3Node.Key}", $"--secret_key={S3Node.Secret}", $"--host={node.Url.Authority}", $"--host-bucket={node.Url.Authority}", "--no-ssl", "--no-progress",
        "--multipart-chunk-size-mb=5", .. arguments,
    ]);

    private Task<string> RcloneAsync(params string[] arguments) => OkAsync(Rclone, new()
    {
        ["RCLONE_CONFIG"] = "/dev/null",
        ["RCLONE_CONFIG_NODE_TYPE"] = "s3",
        ["RCLONE_CONFIG_NODE_PROVIDER"] = "Other",
        ["RCLONE_CONFIG_NODE_ENDPOINT"] = node.Url.ToString(),
        ["RCLONE_CONFIG_NODE_ENV_AUTH"] = "true",
        ["RCLONE_CONFIG_NODE_REGION"] = "us-east-1",
        ["RCLONE_CONFIG_NODE_CHUNK_SIZE"] = "5Mi",
        ["RCLONE_CONFIG_NODE_UPLOAD_CUTOFF"] = "6Mi",
        ["RCLONE_RETRIES"] = "1",
    }, arguments);

    private static async Task<string> OkAsync(string program, Dictionary<string, string>? environment, params string[] arguments)
    {
        ProgramResult result = await RunAsync(program, environment, arguments);
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Output}{result.Errors}");
        return result.Output;
    }

    private static Task<ProgramResult> RunAsync(string program, Dictionary<string, string>? environment, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // Nothing of the machine's own configuration, and no proxy between.
        foreach (string name in info.Environment.Keys.Where(k => k.StartsWith("AWS_", StringComparison.Ordinal) || k.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)).ToArray())
            info.Environment.Remove(name);
        info.Environment["AWS_ACCESS_KEY_ID"] = S3Node.Key;
        info.Environment["AWS_SECRET_ACCESS_KEY"] = S3Node.Secret;
        info.Environment["AWS_DEFAULT_REGION"] = "us-east-1";
        info.Environment["AWS_CONFIG_FILE"] = "/dev/null";
        info.Environment["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null";
        info.Environment["AWS_EC2_METADATA_DISABLED"] = "true";
        info.Environment["AWS_PAGER"] = "";
        foreach ((string name, string value) in environment ?? [])
            info.Environment[name] = value;
        return Programs.RunAsync(info);
    }

    private void MakeTree()
    {
        Directory.CreateDirectory(_work["tree/sub/deep"]);
        byte[] large = new byte[11 << 20];
        new Random(3).NextBytes(large);
        File.WriteAllBytes(_work["tree/large.bin"], large);
        File.WriteAllText(_work["tree/one.txt"], "one");
        File.WriteAllText(_work["tree/sub/with space+plus.txt"], "two");
        File.WriteAllText(_work["tree/sub/deep/ünï"], "three", Encoding.UTF8);
        File.WriteAllText(_work["tree/empty"], "");
    }

    private void AssertSameTree(string other)
    {
        string[] names = [.. Directory.EnumerateFiles(_work["tree"], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_work["tree"], f)).Order(StringComparer.Ordinal)];
        Assert.Equal(names, Directory.EnumerateFiles(_work[other], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_work[other], f)).Order(StringComparer.Ordinal));
        foreach (string name in names)
            Assert.Equal(File.ReadAllBytes(Path.Combine(_work["tree"], name)), File.ReadAllBytes(Path.Combine(_work[other], name)));
    }
}
