using System.Text;
using Orleans.Cache.Node.Tests.Hostile;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Requests of which nobody would think: each gets an answer of S3, or none, and the next client is served.</summary>
public sealed class S3FuzzTests
{
    private static readonly string[] Methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"];

    private static readonly string[] Pieces =
    [
        "data", "/", "//", "..", "%2F", "%2e%2e", "%", "%zz", "%00", "%ff", "a", "b/c", "+", " ", "?", "&", "=", "list-type=2", "uploads", "uploadId=", "0123456789abcdef0123456789abcdef",
        "partNumber=99999999999", "max-keys=-1", "continuation-token=!!", "prefix=%F0%9F%99%82", "delimiter=/", "versionId=x", "encoding-type=url", "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Signature=0", "X-Amz-Expires=1", "tagging", "acl", "delete", "attributes", ".ocache-s3", "response-content-type=%0d%0ax:y", "start-after=a-b/", "key-marker=z",
    ];

    private static readonly string[] Headers =
    [
        "x-amz-copy-source: data/a", "x-amz-copy-source: ///", "x-amz-copy-source: %", "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-content-sha256: short",
        "x-amz-decoded-content-length: -1", "x-amz-decoded-content-length: 3", "x-amz-trailer: x-amz-checksum-crc32", "x-amz-checksum-crc32: !", "x-amz-checksum-md5: x", "Content-MD5: AAAA",
        "Range: bytes=5-1", "Range: bytes=99999999999999999999-", "If-Match: \"", "If-None-Match: *", "Authorization: AWS4-HMAC-SHA256", "Authorization: AWS4-HMAC-SHA256 Credential=////,=",
        "x-amz-tagging: a=b&a=c", "x-amz-meta-x: ä", "x-amz-object-attributes: Nothing", "x-amz-date: now", "Origin: null", "x-amz-copy-source-range: bytes=9-1", "x-amz-acl: public-read-write",
    ];

    private static readonly string[] Bodies = ["", "abc", "3\r\nabc\r\n0\r\n\r\n", "<Delete><Object><Key>..</Key></Object></Delete>", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Delete>&e;</Delete>", "<"];

    [Fact]
    public async Task Whatever_comes_is_answered_in_s3s_words_and_the_next_is_served()
    {
        await using S3Host host = await S3Host.StartAsync(keys: []);
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int round = 0; round < 1500; round++)
        {
            string request = Request(random);
            using RawConnection connection = await RawConnection.OpenAsync(host.Url);
            await connection.SendAsync(request);
            string answer = Encoding.Latin1.GetString(await connection.ReadToEndAsync());
            string about = $"seed {seed}, round {round}:\n{request}\n->\n{answer}";
            Assert.True(answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal), about);
            Assert.False(answer.StartsWith("HTTP/1.1 500", StringComparison.Ordinal), about);
            Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("\r\nx:y", answer, StringComparison.Ordinal);
        }
        using var http = new HttpClient { BaseAddress = host.Url };
        using HttpResponseMessage alive = await http.GetAsync("data?list-type=2");
        Assert.True(alive.IsSuccessStatusCode);
    }

    private static string Request(Random random)
    {
        var target = new StringBuilder("/");
        for (int n = random.Next(6); n > 0; n--)
            target.Append(Pieces[random.Next(Pieces.Length)].Replace(" ", "%20", StringComparison.Ordinal));
        string method = Methods[random.Next(Methods.Length)], body = method is "PUT" or "POST" ? Bodies[random.Next(Bodies.Length)] : "";
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {body.Length}\r\n");
        for (int n = random.Next(4); n > 0; n--)
            head.Append(Headers[random.Next(Headers.Length)]).Append("\r\n");
        return head.Append("\r\n").Append(body).ToString();
    }
}
