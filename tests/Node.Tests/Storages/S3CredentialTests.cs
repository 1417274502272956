using System.Net;
using System.Net.Sockets;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using Orleans.Cache.Testing;
using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Node.Tests.Storages;

/// <summary>Nodes that are given no keys, and find them as the AWS SDK does, in an environment of their own.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class S3CredentialTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _work = new();
    private readonly string _bucket = "credentials-" + Guid.NewGuid().ToString("N")[..12];
    private FaultProxy _proxy = null!;

    public async Task InitializeAsync()
    {
        StorageServer store = await StorageServer.SharedAsync(StorageServer.Radosgw);
        _proxy = new FaultProxy(store.Url);
        using var client = new AmazonS3Client(StorageServer.Key, StorageServer.Key, new AmazonS3Config { ServiceURL = store.Url.ToString(), ForcePathStyle = true });
        await client.PutBucketAsync(_bucket);
        await client.PutObjectAsync(new PutObjectRequest { BucketName = _bucket, Key = "f", InputStream = new MemoryStream("content"u8.ToArray()), UseChunkEncoding = false });
        _work.Write("credentials", Encoding.UTF8.GetBytes(
            $"[default]\naws_access_key_id = WRONG\naws_secret_access_key = WRONG\n\n[team]\naws_access_key_id = {StorageServer.Key}\naws_secret_access_key = {StorageServer.Key}\n\n[borrowed]\nrole_arn = arn:aws:iam::123456789012:role/cache\nsource_profile = nobody\n\n[process]\ncredential_process = /bin/false\n"));
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _work.Dispose();
    }

    [ServerTheory]
    [InlineData("profile=team", "")]
    [InlineData("", "AWS_PROFILE=team")]
    [InlineData("", "AWS_ACCESS_KEY_ID=S3RVER AWS_SECRET_ACCESS_KEY=S3RVER")]
    public async Task Keys_come_from_a_profile_or_the_environment(string option, string variables)
    {
        await using NodeProcess node = await StartAsync(option, [.. variables.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal("content"u8.ToArray(), await node.GetFileAsync("/data/f"));
        Assert.All(_proxy.Requests, r => Assert.Contains($"Credential={StorageServer.Key}/", r.Header("Authorization"), StringComparison.Ordinal));
    }

    /// <summary>Ceph knows no such session, so what counts is what it is asked with.</summary>
    [ServerFact]
    public async Task Keys_come_from_a_web_identity()
    {
        using var tokens = new TcpListener(IPAddress.Loopback, 0);
        tokens.Start();
        Task<string> asked = IssueAsync(tokens);
        string token = _work.Write("token", "the-pods-token"u8);
        await using NodeProcess node = await StartAsync(
            "no-check", $"AWS_WEB_IDENTITY_TOKEN_FILE={token}", "AWS_ROLE_ARN=arn:aws:iam::123456789012:role/cache", "AWS_ROLE_SESSION_NAME=node", "AWS_REGION=us-east-1",
            $"AWS_ENDPOINT_URL_STS=http://127.0.0.1:{((IPEndPoint)tokens.LocalEndpoint).Port}");
        using HttpResponseMessage refused = await node.Http.GetAsync("api/v1/files/data/f");

        string request = await asked.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("Action=AssumeRoleWithWebIdentity", request, StringComparison.Ordinal);
        Assert.Contains("the-pods-token", request, StringComparison.Ordinal);
        ProxiedRequest first = _proxy.Requests.First();
        Assert.Equal("issued-session", first.Header("x-amz-security-token"));
        Assert.Contains("Credential=ISSUEDKEY/", first.Header("Authorization"), StringComparison.Ordinal);
    }

    /// <summary>None of it is the store's fault, and nobody shall look for it there.</summary>
    [ServerTheory]
    [InlineData("profile=nobody", "", "Unable to find the \"nobody\" profile")]
    [InlineData("", "AWS_PROFILE=nobody", "Unable to find the \"nobody\" profile")]
    [InlineData("profile=process", "", "credential_process failed")]
    [InlineData("profile=borrowed", "", "Source profile [nobody] was not found")]
    [InlineData("", "AWS_ROLE_ARN=arn:aws:iam::123456789012:role/cache AWS_WEB_IDENTITY_TOKEN_FILE=/no/such/token", "'/no/such/token'")]
    [InlineData("", "AWS_SHARED_CREDENTIALS_FILE=/no/such/file", "Failed to resolve AWS credentials")]
    public async Task Credentials_that_cannot_be_found_are_named(string option, string variables, string expected)
    {
        ProgramResult refused = await Programs.RunAsync(Programs.Info(
            "ocache-node", ["--mount", MountOf(option), "--store", $"{_work["pages"]}=256MiB", "--rest-port", "0"], Variables(variables.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(expected, Assert.Single(refused.Errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Contains("check the credentials", refused.Errors, StringComparison.Ordinal);
        Assert.Empty(_proxy.Requests);
    }

    /// <summary>Answers as Amazon's token service does; gives the request.</summary>
    private static async Task<string> IssueAsync(TcpListener tokens)
    {
        const string Body = """
            <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
            <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/cache/node</Arn><AssumedRoleId>ID:node</AssumedRoleId></AssumedRoleUser>
            <Credentials><AccessKeyId>ISSUEDKEY</AccessKeyId><SecretAccessKey>issued-secret</SecretAccessKey><SessionToken>issued-session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
            </AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>
            """;
        using TcpClient client = await tokens.AcceptTcpClientAsync();
        NetworkStream stream = client.GetStream();
        var request = new StringBuilder();
        byte[] buffer = new byte[16 * 1024];
        while (!request.ToString().Contains("WebIdentityToken=", StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer);
            if (read == 0)
                break;
            request.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {Encoding.UTF8.GetByteCount(Body)}\r\nConnection: close\r\n\r\n{Body}"));
        return request.ToString();
    }

    private Task<NodeProcess> StartAsync(string option, params string[] variables) =>
        NodeProcess.StartAsync(NodeProcess.Info(["--mount", MountOf(option), "--store", $"{_work["pages"]}=256MiB"], Variables(variables)));

    private string MountOf(string option) =>
        $"/data=s3://{_bucket},endpoint={_proxy.Url},region=us-east-1,attempts=1,timeout=5s{(option.Length == 0 ? "" : "," + option)}";

    private Dictionary<string, string> Variables(string[] variables)
    {
        var environment = new Dictionary<string, string> { ["AWS_SHARED_CREDENTIALS_FILE"] = _work["credentials"], ["AWS_EC2_METADATA_DISABLED"] = "true" };
        foreach (string variable in variables)
            environment[variable.Split('=')[0]] = variable[(variable.IndexOf('=', StringComparison.Ordinal) + 1)..];
        return environment;
    }
}
