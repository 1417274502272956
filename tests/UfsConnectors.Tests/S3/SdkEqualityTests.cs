using System.Globalization;
using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Orleans.Cache.Testing;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UfsConnectors.S3;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>
/// The requests that are written without the SDK are, header by header and to the last digit of the signature, what the SDK would send of the same mount. Both are stopped before
/// they leave, since no store answers for all of Amazon's regions here; that stores understand them is <see cref="RadosgwContractTests"/>'s.
/// </summary>
public sealed class SdkEqualityTests : IDisposable
{
    /// <summary>What each says of itself, and when the body is sent.</summary>
    private static readonly string[] NotCompared = ["amz-sdk-invocation-id", "amz-sdk-request", "user-agent", "expect"];

    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private readonly Recorder _recorder = new();
    private readonly ManualTimeProvider _time = new();

    public static TheoryData<string> Names =>
    [
        "plain", "a/b/c.jpg", "a b", "a+b", "a%b", "a%2Fb", "a%20b", "x//y", "x/", "./a", "../a", "a/./b", "a/../b", "..", "a?b", "a#b", "a;b", "a&b=c", "a\\b", "a'b\"c", "a(b)*!~", "a:b@c",
        "[a]{b}|c^`", "<a>", "über/größe", "日本語", "😀/emoji", "a\u0001b", "a\u007fb", "a\tb", "a\nb", "e\u0301", "\u00a0", "\uffff", "a\ud800b",
    ];

    public static TheoryData<string> Mounts =>
    [
        "endpoint=http://store.test:9000", "endpoint=http://store.test:9000/", "endpoint=http://store.test/base", "endpoint=http://store.test/base/", "endpoint=https://store.test",
        "endpoint=https://store.test:8443,region=mars-1", "endpoint=http://store.test:9000,style=host", "endpoint=https://store.test,style=host", "endpoint=http://[::1]:9000",
        "endpoint=http://127.0.0.1:9000", "region=us-east-1", "region=eu-central-1", "region=cn-north-1", "region=eu-central-1,style=path", "region=eu-central-1,requester-pays",
        "region=eu-central-1,sse=AES256", "region=eu-central-1,sse=aws:kms,kms-key=k/1", "region=eu-central-1,sse=aws:kms", "region=eu-central-1,session-token=env:OCACHE_TEST_WIRE_KEY",
        "region=eu-central-1,profile=ocache-session", "region=eu-central-1,profile=ocache-endpoint",
    ];

    /// <summary>No other test looks for keys where the SDK does.</summary>
    static SdkEqualityTests()
    {
        Environment.SetEnvironmentVariable("OCACHE_TEST_WIRE_KEY", Secret);
        string file = Path.Combine(AppContext.BaseDirectory, "sdk-equality-credentials");
        File.WriteAllText(file, $"""
            [ocache-session]
            aws_access_key_id = session-key
            aws_secret_access_key = {Secret}
            aws_session_token = token/of+a=session
            [ocache-endpoint]
            aws_access_key_id = endpoint-key
            aws_secret_access_key = {Secret}
            endpoint_url = http://profile.test:9000/base
            """);
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", file);
    }

    public void Dispose() => _recorder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Any_name_is_sent_and_signed_as_the_SDK_does(string name)
    {
        foreach (string mount in (string[])["endpoint=http://store.test:9000", "region=eu-central-1"])
        {
            await CompareAsync(mount, objects => objects.HeadAsync(name, default));
            await CompareAsync(mount, objects => objects.PutAsync(name, new byte[10], default, null, null, default));
        }
    }

    [Theory]
    [MemberData(nameof(Mounts))]
    public async Task Any_mount_asks_the_same_host_with_the_same_headers(string mount)
    {
        await CompareAsync(mount, objects => objects.HeadAsync("a/b", default));
        await CompareAsync(mount, objects => objects.GetAsync("a/b", null, 0, 1, isDescribed: false, default));
        await CompareAsync(mount, objects => objects.GetAsync("a/b", "\"tag\"", 5_000_000_000, 4096, isDescribed: true, default));
        await CompareAsync(mount, objects => objects.PutAsync("a/b", default, default, null, null, default));
        await CompareAsync(mount, objects => objects.PutAsync("a/b", new byte[1000], new S3Condition("*", null), null, S3Signer.HashOf(new byte[1000]), default));
        await CompareAsync(mount, objects => objects.PutAsync("a/b", new byte[2_000_000], new S3Condition(null, "\"tag\""), null, null, default));
    }

    [Fact]
    public async Task Attributes_are_the_same_headers()
    {
        var attributes = new UfsAttributes
        {
            ContentType = "text/plain; charset=utf-8",
            Headers = new Dictionary<string, string>
            {
                ["Cache-Control"] = "no-cache, max-age=5",
                ["Content-Disposition"] = "attachment; filename=\"a  b\"",
                ["Content-Encoding"] = "gzip",
                ["Content-Language"] = "de, en",
                ["Expires"] = "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            User = new Dictionary<string, string> { ["one"] = "1", ["two-words"] = " a   b ", ["b64"] = "eyJhIjoxfQ==", ["empty"] = "" },
        };
        await CompareAsync("region=eu-central-1", objects => objects.PutAsync("a", new byte[10], default, attributes, null, default));
    }

    [Fact]
    public async Task A_part_is_sent_to_the_same_upload()
    {
        (Recorded sdk, Recorded own) = await BothAsync("region=eu-central-1", objects => objects.PutPartAsync("a b", "2~x/y+z=", 10_000, new byte[10], default));
        // The SDK signs what it would encode, and leaves the encoding to whoever reads it.
        Assert.Equal(sdk.Uri.Replace("2~x/y+z=", "2~x%2Fy%2Bz%3D", StringComparison.Ordinal), own.Uri);
        Assert.Equal(Compared(sdk, "content-type", "authorization"), Compared(own, "authorization"));
    }

    [Fact]
    public async Task Nobody_signs_for_nobody()
    {
        await CompareAsync("region=eu-central-1,anonymous", objects => objects.HeadAsync("a", default));
        await CompareAsync("region=eu-central-1,anonymous", objects => objects.PutAsync("a", new byte[10], default, null, null, default));
        Assert.All(_recorder.Requests, r => Assert.False(r.Headers.ContainsKey("authorization") || r.Headers.ContainsKey("x-amz-content-sha256")));
    }

    /// <summary>A bucket that is new is found by its name alone only after hours; until then Amazon says where it is.</summary>
    [Fact]
    public async Task Where_Amazon_says_to_ask_elsewhere_the_SDK_does()
    {
        _recorder.Redirect = new Uri("https://bucket.s3.eu-west-1.amazonaws.com/a");
        S3Options options = OptionsOf("region=us-east-1");
        using AmazonS3Client client = S3Connection.ClientOf(options, _recorder);
        IS3Objects own = ObjectsOf(client, options);
        foreach (Func<Task> request in (Func<Task>[])
            [
                () => own.HeadAsync("a", default), () => own.GetAsync("a", null, 0, 10, isDescribed: false, default), () => own.PutAsync("a", new byte[10], default, null, null, default),
                () => own.PutPartAsync("a", "upload", 1, new byte[10], default),
            ])
        {
            _recorder.Requests.Clear();
            AmazonS3Exception refused = await Assert.ThrowsAsync<AmazonS3Exception>(request);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Equal(["bucket.s3.us-east-1.amazonaws.com", "bucket.s3.us-east-1.amazonaws.com", "bucket.s3.eu-west-1.amazonaws.com"], _recorder.Requests.Select(r => new Uri(r.Uri).Host));
            Assert.Contains("/eu-west-1/s3/aws4_request", _recorder.Requests[^1].Headers["authorization"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Each_request_is_signed_with_the_keys_of_its_time()
    {
        using AmazonS3Client client = S3Connection.ClientOf(OptionsOf("region=eu-central-1"), _recorder);
        var rotating = new RotatingKeys();
        var credentials = new S3Credentials(rotating, client.Config, "eu-central-1");
        S3SigningKey first = (await credentials.KeyAsync("20260101", default))!;
        Assert.Same(first, await credentials.KeyAsync("20260101", default));
        S3SigningKey tomorrow = (await credentials.KeyAsync("20260102", default))!;
        Assert.NotEqual(first.Bytes, tomorrow.Bytes);
        rotating.Current = new ImmutableCredentials("key", "another secret", null);
        S3SigningKey other = (await credentials.KeyAsync("20260102", default))!;
        Assert.Equal((tomorrow.AccessKey, tomorrow.Scope, null), (other.AccessKey, other.Scope, other.Token));
        Assert.NotEqual(tomorrow.Bytes, other.Bytes);
        rotating.Current = new ImmutableCredentials("key", "another secret", "token");
        Assert.Equal("token", (await credentials.KeyAsync("20260102", default))!.Token);
        Assert.Equal(S3Signer.KeyOf("another secret", "20260102", "eu-central-1", "s3"), other.Bytes);
    }

    [Fact]
    public async Task Who_does_not_wait_any_longer_is_not_kept_by_keys_that_do_not_come()
    {
        using AmazonS3Client client = S3Connection.ClientOf(OptionsOf("region=eu-central-1"), _recorder);
        var credentials = new S3Credentials(new SilentKeys(), client.Config, "eu-central-1");
        using var patience = new CancellationTokenSource();
        Task<S3SigningKey?> waiting = credentials.KeyAsync("20260101", patience.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData("region=eu-central-1", "bucket.with.dots", true)]
    [InlineData("region=us-east-1", "arn:aws:s3:us-east-1:123456789012:accesspoint:mine", true)]
    [InlineData("region=us-east-1", "name--use1-az4--x-s3", false)]
    [InlineData("region=us-east-1", "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap", false)]
    [InlineData("region=us-east-1", "arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint:mine", false)]
    [InlineData("region=us-east-1,style=path", "arn:aws:s3:us-east-1:123456789012:accesspoint:mine", false)]
    [InlineData("endpoint=http://store.test/b%20c", "bucket", false)]
    public void Only_where_the_SDK_would_sign_with_version_4_for_s3_it_can_be_done_without_it(string mount, string bucket, bool isPlain)
    {
        using AmazonS3Client client = S3Connection.ClientOf(OptionsOf(mount), _recorder);
        Assert.Equal(isPlain, S3Endpoint.Of(client, bucket) is not null);
    }

    /// <summary>What a profile or the environment names is no option, and may be anybody's.</summary>
    [Theory]
    [InlineData("region=eu-central-1", "bucket", true)]
    [InlineData("region=cn-north-1", "bucket", true)]
    [InlineData("region=us-east-1", "name--use1-az4--x-s3", true)]
    [InlineData("region=us-iso-east-1", "bucket", true)]
    [InlineData("endpoint=http://ceph-1.eu-west-1.elb.amazonaws.com", "bucket", false)]
    [InlineData("endpoint=https://s3.eu-west-1.amazonaws.com", "bucket", false)]
    [InlineData("region=eu-central-1,profile=ocache-endpoint", "bucket", false)]
    public async Task What_a_store_holds_is_known_of_Amazons_only(string mount, string bucket, bool isAmazon)
    {
        await using ObjectUnderStorage storage = S3Connection.Open($"s3://{bucket}", GivenOf(mount), new RequestLimits(), _time);
        Assert.Equal(isAmazon, storage.Capabilities.AtomicIfAbsent);
    }

    [Theory]
    [InlineData("checksums=required", true)]
    [InlineData("checksums=supported", false)]
    [InlineData("chunk-encoding", false)]
    public void What_only_the_SDK_does_stays_with_it(string option, bool isOwn)
    {
        S3Options options = OptionsOf("region=us-east-1," + option);
        using AmazonS3Client client = S3Connection.ClientOf(options, _recorder);
        Assert.Equal(isOwn, ObjectsOf(client, options) is WireObjects);
    }

    /// <summary>The same request by both, at the same time.</summary>
    private async Task CompareAsync(string mount, Func<IS3Objects, Task> send)
    {
        (Recorded sdk, Recorded own) = await BothAsync(mount, send);
        Assert.Equal((sdk.Method, sdk.Uri), (own.Method, own.Uri));
        Assert.Equal(Compared(sdk), Compared(own));
    }

    private async Task<(Recorded Sdk, Recorded Own)> BothAsync(string mount, Func<IS3Objects, Task> send)
    {
        S3Options options = OptionsOf(mount);
        using AmazonS3Client client = S3Connection.ClientOf(options, _recorder);
        IS3Objects own = Assert.IsType<WireObjects>(ObjectsOf(client, options));
        Recorded first = await RecordAsync(() => send(new SdkObjects(client, options)));
        if (first.Headers.TryGetValue("x-amz-date", out string? date))
            _time.SetUtcNow(DateTimeOffset.ParseExact(date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
        return (first, await RecordAsync(() => send(own)));
    }

    private async Task<Recorded> RecordAsync(Func<Task> send)
    {
        int before = _recorder.Requests.Count;
        await Assert.ThrowsAsync<StoreException>(() => S3Failures.TranslateAsync(SentAsync()));
        return Assert.Single(_recorder.Requests.Skip(before));

        async Task<bool> SentAsync()
        {
            await send();
            return true;
        }
    }

    private static SortedDictionary<string, string> Compared(Recorded request, params string[] without) =>
        new(request.Headers.Where(h => !NotCompared.Contains(h.Key) && !without.Contains(h.Key)).ToDictionary());

    private IS3Objects ObjectsOf(AmazonS3Client client, S3Options options) =>
        S3Connection.ObjectsOf(client, options, _recorder, _time);

    private static S3Options OptionsOf(string mount) => S3Options.Parse("s3://bucket", GivenOf(mount));

    private static ConnectorOptions GivenOf(string mount)
    {
        Dictionary<string, string> values = mount.Split(',').ToDictionary(o => o.Split('=')[0], o => o.Contains('=', StringComparison.Ordinal) ? o[(o.IndexOf('=', StringComparison.Ordinal) + 1)..] : "");
        if (!values.ContainsKey("anonymous") && !values.ContainsKey("profile"))
            values["access-key"] = values["secret-key"] = "env:OCACHE_TEST_WIRE_KEY";
        return new ConnectorOptions { Values = values, IsWritable = true };
    }

    private sealed class RotatingKeys : AWSCredentials
    {
        public ImmutableCredentials Current { get; set; } = new("key", "secret", null);

        public override ImmutableCredentials GetCredentials() => Current.Copy();
    }

    /// <summary>As where the service that gives them does not answer.</summary>
    private sealed class SilentKeys : AWSCredentials
    {
        public override ImmutableCredentials GetCredentials() => throw new NotSupportedException();

        public override Task<ImmutableCredentials> GetCredentialsAsync() => new TaskCompletionSource<ImmutableCredentials>().Task;
    }

    private sealed record Recorded(string Method, string Uri, Dictionary<string, string> Headers);

    /// <summary>Takes requests instead of connections, and refuses them.</summary>
    private sealed class Recorder : HttpMessageHandler
    {
        public List<Recorded> Requests { get; } = [];

        /// <summary>Where all are sent that ask another host.</summary>
        public Uri? Redirect { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            byte[] body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
            var headers = request.Headers.NonValidated.Concat(request.Content?.Headers.NonValidated ?? default).ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString());
            if (request.Content is not null)
                headers["content-length"] = body.Length.ToString(CultureInfo.InvariantCulture);
            Requests.Add(new Recorded(request.Method.Method, request.RequestUri!.OriginalString, headers));
            bool isElsewhere = Redirect is not null && request.RequestUri.Host != Redirect.Host;
            var answer = new HttpResponseMessage(isElsewhere ? HttpStatusCode.TemporaryRedirect : HttpStatusCode.Forbidden) { RequestMessage = request, Content = new ByteArrayContent([]) };
            answer.Headers.Location = isElsewhere ? Redirect : null;
            return answer;
        }
    }
}
