using System.Net.Sockets;
using System.Text;
using Amazon.S3;
using Orleans.Cache.Testing.Servers;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UfsConnectors.S3;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests.S3;

/// <summary>Whatever a store answers, it means the same without the SDK as with it: what an object is, and what is wrong, in the same words.</summary>
public sealed class AnswerEqualityTests
{
    private const string Object = "HTTP/1.1 200 OK\r\nETag: \"abc\"\r\nContent-Length: 5\r\n";
    private const string Range = "HTTP/1.1 206 Partial Content\r\nETag: \"abc\"\r\nContent-Length: 5\r\n";

    /// <summary>Heads, and bodies that are sent unless the request is a HEAD.</summary>
    public static TheoryData<string, string> Answers => new()
    {
        { "404", Error("NoSuchKey") }, { "404", Error("NoSuchBucket") }, { "404", "" }, { "404", "<html><body>Not here</body></html>" }, { "404", "junk" }, { "404", "<Error><Code>NoSuch" },
        { "403", Error("AccessDenied") }, { "403", Error("SignatureDoesNotMatch") }, { "403", Error("RequestTimeTooSkewed") }, { "401", "" }, { "400", Error("ExpiredToken") }, { "400", Error("InvalidToken") },
        { "400", Error("RequestTimeout") }, { "400", "" }, { "400", "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-west-1</Region></Error>" },
        { "409", Error("ConditionalRequestConflict") }, { "412", Error("PreconditionFailed") }, { "412", "" }, { "416", Error("InvalidRange") }, { "411", Error("MissingContentLength") },
        { "301", Error("PermanentRedirect") }, { "301", "" }, { "302", "" }, { "304", "" }, { "429", Error("TooManyRequests") }, { "500", Error("InternalError") }, { "501", Error("NotImplemented") },
        { "502", "<html>Bad gateway</html>" }, { "503", Error("SlowDown") }, { "503", Error("ServiceUnavailable") }, { "503", "" }, { "504", "" },
        { "404", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchBucket</Code><Message>Ümläut</Message><Resource>/b&amp;c</Resource></Error>" },
        { "503\r\nRetry-After: 7", Error("SlowDown") }, { "503\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT", Error("SlowDown") },
        { "500", new string(' ', 100_000) },
    };

    public static TheoryData<string> Objects =>
    [
        Object, Object + "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n", Object + "Last-Modified: 2015-10-21T07:28:00.000Z\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", "HTTP/1.1 200 OK\r\nETag: \r\nContent-Length: 5\r\n",
        "HTTP/1.1 200 OK\r\nETag: \"\"\r\nContent-Length: 5\r\n", "HTTP/1.1 200 OK\r\nETag: unquoted\r\nContent-Length: 5\r\n", "HTTP/1.1 200 OK\r\nETag: \"a b\"\r\nContent-Length: 5\r\n", "HTTP/1.1 200 OK\r\nETag: \"abc-12\"\r\nContent-Length: 5\r\n",
        Range + "Content-Range: bytes 0-4/5\r\n", Range + "Content-Range: bytes 0-4/500\r\n", Range + "Content-Range: bytes 1-4/500\r\n", Range + "Content-Range: bytes 0-4/*\r\n", Range + "Content-Range: nonsense\r\n",
        "HTTP/1.1 200 OK\r\nETag: \"abc\"\r\nContent-Length: 5\r\nContent-Type: text/plain; charset=utf-8\r\n", Object + "Content-Type: binary/octet-stream\r\n", Object + "Content-Type: not a type\r\n",
        Object + "Content-Encoding: gzip\r\n", Object + "Content-Encoding: aws-chunked\r\n", Object + "Content-Encoding: gzip, aws-chunked\r\n",
        Object + "Cache-Control: no-cache, max-age=5\r\nContent-Disposition: attachment; filename=\"ü.txt\"\r\nContent-Language: de\r\nExpires: Wed, 21 Oct 2026 07:28:00 GMT\r\n",
        Object + "Expires: whenever\r\n", Object + "Expires: 0\r\nCache-Control: not=a\"value\r\nContent-Language: ***\r\n",
        Object + "x-amz-meta-one: 1\r\nX-Amz-Meta-Two: a  b\r\nx-amz-meta-empty: \r\nx-amz-meta-ocache-s3: eyJhIjoxfQ==\r\nx-amz-meta-word: =?UTF-8?Q?gr=C3=BCn?=\r\n", Object + "x-amz-meta-latin: gr\u00fcn\r\n",
    ];

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task What_is_wrong_is_the_same(string status, string body)
    {
        await using var server = new AnswerServer($"HTTP/1.1 {status.Insert(3, " Status")}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n", body);
        await CompareAsync(server, Outcome);
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public async Task What_an_object_is_is_the_same(string head)
    {
        await using var server = new AnswerServer(head, "hello");
        await CompareAsync(server, Outcome);
    }

    /// <summary>The kind says that it may be asked again; the words are those of whoever could not read it.</summary>
    [Theory]
    [InlineData("XYZ\r\n", "")]
    [InlineData("HTTP/1.1 200 OK\r\nETag: \"abc\"\r\nContent-Length: 5\r\nLast-Modified: garbage\r\n", "hello")]
    [InlineData("HTTP/1.1 200 OK\r\nETag: \"abc\"\r\nContent-Length: nonsense\r\n", "hello")]
    public async Task What_cannot_be_read_is_no_answer(string head, string body)
    {
        await using var server = new AnswerServer(head, body);
        (_, IObjectStore own) = StoresAt(server.Url);
        using (own)
            Assert.StartsWith("Broken ", await Outcome(own.GetStatusAsync("a", default)), StringComparison.Ordinal);
    }

    /// <summary>The SDK writes what it takes for a list anew, or gives its first entry.</summary>
    [Fact]
    public async Task Headers_are_as_the_store_has_them()
    {
        await using var server = new AnswerServer(Object + "Cache-Control: no-cache,max-age=05\r\nContent-Language: de,en\r\n", "hello");
        (_, IObjectStore own) = StoresAt(server.Url);
        using (own)
            Assert.EndsWith("type= Cache-Control=no-cache,max-age=05;Content-Language=de,en", await Outcome(own.GetStatusAsync("a", default)), StringComparison.Ordinal);
    }

    /// <summary>The SDK follows these to Amazon's hosts, and takes every other host for a mistake of its caller.</summary>
    [Fact]
    public async Task A_store_of_ones_own_that_points_elsewhere_is_a_refusal()
    {
        await using var server = new AnswerServer("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n", "");
        (_, IObjectStore own) = StoresAt(server.Url);
        using (own)
            Assert.Equal("Refused 307  ", await Outcome(own.PutAsync("a", new byte[10], WriteCondition.None, null, null, default)));
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(20_000_000)]
    public async Task A_refusal_of_a_content_that_nobody_wants_to_read_is_told(int length)
    {
        await using var server = new AnswerServer("HTTP/1.1 403 Forbidden\r\nContent-Length: 40\r\n", Error("AccessDenied"));
        (_, IObjectStore own) = StoresAt(server.Url);
        using (own)
            Assert.Equal("Denied 403 AccessDenied  ", await Outcome(own.PutAsync("a", new byte[length], WriteCondition.None, null, null, default)));
        Assert.Equal(length > CacheLimits.MiB ? "100-continue" : null, server.Expect);
    }

    private static string Error(string code) => $"<Error><Code>{code}</Code></Error>";

    private static async Task CompareAsync(AnswerServer server, Func<Task, Task<string>> outcome)
    {
        (IObjectStore sdk, IObjectStore own) = StoresAt(server.Url);
        using (sdk)
        using (own)
        {
            Func<IObjectStore, Task>[] requests =
            [
                s => s.GetStatusAsync("a", default), s => s.OpenAsync("a", null, 0, 5, default), s => s.OpenFirstAsync("a", 5, default),
                s => s.PutAsync("a", new byte[10], WriteCondition.None, null, null, default), s => s.PutPartAsync("a", "upload", 1, new byte[10], default),
            ];
            foreach (Func<IObjectStore, Task> request in requests)
                Assert.Equal(await outcome(request(sdk)), await outcome(request(own)));
        }
    }

    private static async Task<string> Outcome(Task request)
    {
        try
        {
            await request;
            return request switch
            {
                Task<ObjectStatus?> { Result: var status } => Text(status),
                Task<ObjectBody> { Result: { } body } => Text(body),
                Task<string> part => part.Result,
                Task<Identity.FileVersion> put => put.Result.Token,
                _ => throw new NotSupportedException(),
            };
        }
        catch (StoreException e)
        {
            return $"{e.Failure} {e.Message} {e.RetryAfter} ";
        }
    }

    private static string Text(ObjectBody body)
    {
        using (body)
            return $"{body.Version} {body.Offset} {body.Length} {body.ObjectLength}: {Text(body.Status)}";
    }

    private static string Text(ObjectStatus? status) =>
        status is null ? "nothing" : $"{status.Name} {status.Length} {status.LastModified:u} {status.Version} {Text(status.Attributes!)}";

    private static string Text(UfsAttributes attributes) =>
        $"type={attributes.ContentType} {string.Join(';', attributes.Headers.Concat(attributes.User).OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => $"{h.Key}={h.Value}"))}";

    private static (IObjectStore Sdk, IObjectStore Own) StoresAt(Uri endpoint)
    {
        S3Options options = S3Options.Parse("s3://bucket", S3Fixture.OptionsOf(endpoint));
        SocketsHttpHandler connections = StoreConnections.NewHandler(new RequestLimits());
        AmazonS3Client client = S3Connection.ClientOf(options, connections);
        IS3Objects own = Assert.IsType<WireObjects>(S3Connection.ObjectsOf(client, options, connections, TimeProvider.System));
        return (StoreOf(S3Connection.ClientOf(options, connections), new SdkObjects(client, options)), StoreOf(client, own));

        S3Store StoreOf(AmazonS3Client itsClient, IS3Objects objects) => new(itsClient, objects, options, new RequestLimits(), isAmazon: false);
    }

    /// <summary>Answers every request with the same, before it reads the body, and closes when the client does.</summary>
    private sealed class AnswerServer : LoopbackServer
    {
        private readonly byte[] _head;
        private readonly byte[] _body;

        public AnswerServer(string head, string body)
        {
            _head = Encoding.Latin1.GetBytes(head + "Connection: close\r\n\r\n");
            _body = Encoding.UTF8.GetBytes(body);
            Start();
        }

        public string? Expect { get; private set; }

        protected override async Task ServeAsync(TcpClient client)
        {
            NetworkStream stream = client.GetStream();
            var head = new List<byte>();
            byte[] one = new byte[1];
            while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()) && await stream.ReadAsync(one, Stopping) > 0)
                head.Add(one[0]);
            string request = Encoding.Latin1.GetString([.. head]);
            Expect = request.Contains("Expect: 100-continue", StringComparison.OrdinalIgnoreCase) ? "100-continue" : null;
            await stream.WriteAsync(request.StartsWith("HEAD", StringComparison.Ordinal) ? _head : [.. _head, .. _body], Stopping);
            client.Client.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(Stream.Null, Stopping);
        }
    }
}
