using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Node.Tests.Hostile;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>What a request demands of its body, of its parts or of what is there: held, or refused with nothing written.</summary>
public sealed class S3DemandTests : IAsyncLifetime
{
    /// <summary>CRC-32 of "hello", and of its four bytes.</summary>
    private const string Sum = "NhCmhg==", CompositeSum = "FKTmaw==-1";

    private S3Host _host = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _host = await S3Host.StartAsync(keys: []);
        _http = new HttpClient { BaseAddress = _host.Url };
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task A_completion_holds_the_size_and_the_composite_checksum_that_it_names()
    {
        (string id, string tag) = await UploadAsync("c", "CRC32");
        Assert.Equal("InvalidRequest", await CompleteAsync("c", id, tag, ("x-amz-mp-object-size", "6")));
        Assert.Equal("InvalidRequest", await CompleteAsync("c", id, tag, ("x-amz-mp-object-size", "x")));
        Assert.Equal("BadDigest", await CompleteAsync("c", id, tag, ("x-amz-checksum-crc32", "AAAAAA==-1")));
        Assert.Equal("InvalidRequest", await CompleteAsync("c", id, tag, ("x-amz-checksum-sha1", "x")));
        Assert.Equal("InvalidRequest", await CompleteAsync("c", id, tag, ("x-amz-checksum-type", "FULL_OBJECT")));
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync("data/c")).StatusCode);
        Assert.Equal("", await CompleteAsync("c", id, tag, ("x-amz-mp-object-size", "5"), ("x-amz-checksum-crc32", CompositeSum), ("x-amz-checksum-type", "COMPOSITE")));
        Assert.Equal("hello", await _http.GetStringAsync("data/c"));
    }

    [Fact]
    public async Task Parts_have_the_checksum_of_their_upload_named_or_not_and_no_other()
    {
        (string id, string tag) = await UploadAsync("p", "CRC32");
        using var other = new HttpRequestMessage(HttpMethod.Put, $"data/p?uploadId={id}&partNumber=1") { Content = new StringContent("hello") };
        other.Headers.Add("x-amz-checksum-sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00=");
        Assert.Equal("InvalidRequest", await CodeAsync(other));
        using var plain = new HttpRequestMessage(HttpMethod.Put, $"data/p?uploadId={id}&partNumber=1") { Content = new StringContent("hello") };
        Assert.Equal("", await CodeAsync(plain));
        XElement listed = XDocument.Parse(await _http.GetStringAsync($"data/p?uploadId={id}")).Root!;
        Assert.Equal(["COMPOSITE", Sum], listed.Descendants().Where(e => e.Name.LocalName is "ChecksumType" or "ChecksumCRC32").Select(e => e.Value));
        Assert.Equal("", await CompleteAsync("p", id, tag, ("x-amz-checksum-crc32", CompositeSum)));
    }

    [Fact]
    public async Task Uploads_are_listed_with_encoded_keys_where_that_is_asked_for()
    {
        await UploadAsync("un%20cut", null);
        XElement listed = XDocument.Parse(await _http.GetStringAsync("data?uploads&encoding-type=url")).Root!;
        Assert.Contains(listed.Descendants(), e => e.Name.LocalName == "Key" && e.Value == "un%20cut");
    }

    [Theory]
    [InlineData("", "a/ b c/ d", 1)]
    [InlineData("", "a/ b c/ d", 2)]
    [InlineData("", "a/ b c/ d", 10)]
    [InlineData("a/", "a/x a/x a/y/", 1)]
    [InlineData("a/", "a/x a/x a/y/", 2)]
    [InlineData("none/", "", 1)]
    public async Task Uploads_are_listed_up_to_a_delimiter_page_by_page(string prefix, string expected, int max)
    {
        foreach (string key in (string[])["d", "a/y/2", "a/x", "a/y/1", "c/1", "b", "a/x"])
            await UploadAsync(key, null);
        var found = new List<string>();
        for (string markers = ""; ;)
        {
            XElement page = XDocument.Parse(await _http.GetStringAsync($"data?uploads&delimiter=/&prefix={prefix}&max-uploads={max}{markers}")).Root!;
            string[] told = [.. page.Elements().Where(e => e.Name.LocalName is "Upload" or "CommonPrefixes").Select(e => e.Elements().First().Value)];
            Assert.InRange(told.Length, 0, max);
            found.AddRange(told);
            string Text(string name) => page.Elements().Single(e => e.Name.LocalName == name).Value;
            if (Text("IsTruncated") == "false")
                break;
            markers = $"&key-marker={Text("NextKeyMarker")}&upload-id-marker={Text("NextUploadIdMarker")}";
        }
        Assert.Equal(expected, string.Join(' ', found.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task An_upload_that_was_begun_without_a_checksum_may_be_completed_with_one_of_all_its_bytes()
    {
        (string id, string tag) = await UploadAsync("f", null);
        Assert.Equal("BadDigest", await CompleteAsync("f", id, tag, ("x-amz-checksum-crc32", "AAAAAA==")));
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync("data/f")).StatusCode);
        Assert.Equal("", await CompleteAsync("f", id, tag, ("x-amz-checksum-crc32", Sum)));
        using var head = new HttpRequestMessage(HttpMethod.Head, "data/f") { Headers = { { "x-amz-checksum-mode", "ENABLED" } } };
        Assert.Equal(Sum, Assert.Single((await _http.SendAsync(head)).Headers.GetValues("x-amz-checksum-crc32")));
    }

    [Theory]
    [InlineData("", "x-amz-checksum-crc32:NhCmhg==\r\n", "MalformedTrailerError")]
    [InlineData("x-amz-checksum-crc32c", "x-amz-checksum-crc32:NhCmhg==\r\n", "MalformedTrailerError")]
    [InlineData("x-amz-checksum-crc32", "x-amz-checksum-crc32:AAAAAA==\r\n", "BadDigest")]
    [InlineData("x-amz-checksum-crc32", "", "InvalidRequest")]
    [InlineData("x-amz-checksum-crc32", "x-amz-checksum-crc32:NhCmhg==\r\n", "")]
    [InlineData("x-amz-meta-a, x-amz-checksum-crc32", "x-amz-checksum-crc32:AAAAAA==\r\n", "BadDigest")]
    [InlineData("x-amz-meta-a, x-amz-checksum-crc32", "x-amz-checksum-crc32:NhCmhg==\r\n", "")]
    [InlineData("x-amz-checksum-crc32, x-amz-checksum-sha1", "x-amz-checksum-crc32:NhCmhg==\r\n", "InvalidRequest")]
    [InlineData("x-amz-checksum-crc32", "x-amz-checksum-crc32:AAAAAA==\r\n", "BadDigest", Sum)]
    [InlineData("x-amz-checksum-crc32", "x-amz-checksum-crc32:NhCmhg==\r\n", "BadDigest", "AAAAAA==")]
    [InlineData("x-amz-checksum-crc32", "x-amz-checksum-crc32:NhCmhg==\r\n", "", Sum)]
    [InlineData("x-amz-checksum-crc32c", "x-amz-checksum-crc32c:AAAAAA==\r\n", "InvalidRequest", Sum)]
    public async Task A_checksum_behind_the_body_counts_only_if_it_was_announced(string announced, string trailer, string code, string? header = null)
    {
        using var put = new HttpRequestMessage(HttpMethod.Put, "data/t") { Content = new StringContent($"5\r\nhello\r\n0\r\n{trailer}\r\n") };
        put.Headers.Add("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
        put.Headers.Add("x-amz-decoded-content-length", "5");
        if (announced.Length > 0)
            put.Headers.Add("x-amz-trailer", announced);
        if (header is not null)
            put.Headers.Add("x-amz-checksum-crc32", header);
        Assert.Equal(code, await CodeAsync(put));
        Assert.Equal(code.Length == 0 ? HttpStatusCode.OK : HttpStatusCode.NotFound, (await _http.GetAsync("data/t")).StatusCode);
    }

    [Theory]
    [InlineData("crc32", Sum)]
    [InlineData("crc32c", "mnG7TA==")]
    [InlineData("crc64nvme", "M3eFcAZSQlc=")]
    [InlineData("sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00=")]
    [InlineData("sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")]
    public async Task Every_checksum_behind_the_body_is_verified_kept_and_told(string algorithm, string sum)
    {
        string header = "x-amz-checksum-" + algorithm;
        using (HttpRequestMessage wrong = Put("hellp"))
            Assert.Equal("BadDigest", await CodeAsync(wrong));
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync("data/sum")).StatusCode);
        using HttpRequestMessage right = Put("hello");
        Assert.Equal("", await CodeAsync(right));
        using var get = new HttpRequestMessage(HttpMethod.Get, "data/sum") { Headers = { { "x-amz-checksum-mode", "ENABLED" } } };
        using HttpResponseMessage answer = await _http.SendAsync(get);
        Assert.Equal(sum, Assert.Single(answer.Headers.GetValues(header)));

        HttpRequestMessage Put(string content)
        {
            var put = new HttpRequestMessage(HttpMethod.Put, "data/sum") { Content = new StringContent($"5\r\n{content}\r\n0\r\n{header}:{sum}\r\n\r\n") };
            put.Headers.Add("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
            put.Headers.Add("x-amz-decoded-content-length", "5");
            put.Headers.Add("x-amz-trailer", header);
            return put;
        }
    }

    [Fact]
    public async Task A_copy_onto_itself_holds_its_conditions()
    {
        string tag = (await _http.PutAsync("data/self", new StringContent("x"))).Headers.ETag!.Tag;
        Assert.Equal("PreconditionFailed", await CopyAsync("If-None-Match", "*"));
        Assert.Equal("PreconditionFailed", await CopyAsync("If-Match", "\"other\""));
        Assert.False((await _http.GetAsync("data/self")).Headers.Contains("x-amz-meta-a"));
        Assert.Equal("", await CopyAsync("If-Match", tag));
        Assert.Equal("b", Assert.Single((await _http.GetAsync("data/self")).Headers.GetValues("x-amz-meta-a")));

        async Task<string> CopyAsync(string condition, string value)
        {
            using var copy = new HttpRequestMessage(HttpMethod.Put, "data/self")
            {
                Headers = { { "x-amz-copy-source", "data/self" }, { "x-amz-metadata-directive", "REPLACE" }, { "x-amz-meta-a", "b" } },
            };
            copy.Headers.TryAddWithoutValidation(condition, value);
            return await CodeAsync(copy);
        }
    }

    [Theory]
    [InlineData("If-Unmodified-Since")]
    [InlineData("If-Modified-Since")]
    public async Task A_write_under_a_condition_that_is_not_held_here_is_refused(string condition)
    {
        using var put = new HttpRequestMessage(HttpMethod.Put, "data/since") { Content = new StringContent("x") };
        put.Headers.TryAddWithoutValidation(condition, "Thu, 01 Jan 1970 00:00:00 GMT");
        Assert.Equal("NotImplemented", await CodeAsync(put));
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync("data/since")).StatusCode);
        using var delete = new HttpRequestMessage(HttpMethod.Delete, "data/since");
        delete.Headers.TryAddWithoutValidation(condition, "Thu, 01 Jan 1970 00:00:00 GMT");
        Assert.Equal("NotImplemented", await CodeAsync(delete));
    }

    [Theory]
    [InlineData("If-Match", "\"9dd4e461268c8034f5c8564e155c67a6\"", "\"00000000000000000000000000000000\"")]
    [InlineData("If-Match", "*", "9dd4e461268c8034f5c8564e155c67a7")]
    [InlineData("x-amz-if-match-size", "1", "2")]
    [InlineData("x-amz-if-match-last-modified-time", null, "Thu, 01 Jan 1970 00:00:00 GMT")]
    public async Task A_delete_deletes_what_its_condition_names_and_nothing_else(string condition, string? right, string wrong)
    {
        using HttpResponseMessage put = await _http.PutAsync("data/kept", new StringContent("x"));
        right ??= (await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "data/kept"))).Content.Headers.LastModified!.Value.ToString("R");
        Assert.Equal("PreconditionFailed", await DeleteAsync(wrong));
        Assert.Equal("x", await _http.GetStringAsync("data/kept"));
        Assert.Equal("", await DeleteAsync(right));
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync("data/kept")).StatusCode);
        Assert.Equal("", await DeleteAsync(right));

        async Task<string> DeleteAsync(string value)
        {
            using var delete = new HttpRequestMessage(HttpMethod.Delete, "data/kept");
            delete.Headers.TryAddWithoutValidation(condition, value);
            using HttpResponseMessage answer = await _http.SendAsync(delete);
            string body = await answer.Content.ReadAsStringAsync();
            return body.Length == 0 ? "" : XDocument.Parse(body).Root!.Elements().Single(e => e.Name.LocalName == "Code").Value;
        }
    }

    [Fact]
    public async Task A_condition_is_held_against_what_is_there_and_not_against_what_is_believed()
    {
        using HttpResponseMessage first = await _http.PutAsync("data/now", new StringContent("one"));
        await _http.GetStringAsync("data/now");
        // Past the node, which goes on believing.
        await _host.Storage.CreateAsync("now", new MemoryStream("two"u8.ToArray()), WriteCondition.None, default);
        using var put = new HttpRequestMessage(HttpMethod.Put, "data/now") { Content = new StringContent("three") };
        put.Headers.TryAddWithoutValidation("If-Match", first.Headers.ETag!.ToString());
        Assert.Equal("PreconditionFailed", await CodeAsync(put));
        using var delete = new HttpRequestMessage(HttpMethod.Delete, "data/now");
        delete.Headers.TryAddWithoutValidation("If-Match", first.Headers.ETag!.ToString());
        Assert.Equal("PreconditionFailed", await CodeAsync(delete));
    }

    [Fact]
    public async Task A_body_that_is_not_the_one_that_was_signed_is_refused()
    {
        await using S3Host host = await S3Host.StartAsync();
        Assert.Contains("<Code>XAmzContentSHA256Mismatch</Code>", await SignedPutAsync(host, "signed", "hello", "hellp"), StringComparison.Ordinal);
        Assert.Null(await host.Storage.GetStatusAsync("signed", default));
        Assert.StartsWith("HTTP/1.1 200", await SignedPutAsync(host, "signed", "hello", "hello"), StringComparison.Ordinal);
        Assert.Contains("<Code>XAmzContentSHA256Mismatch</Code>", await SignedPutAsync(host, "signed", "other", "hellp"), StringComparison.Ordinal);
        Assert.Equal(5, (await host.Storage.GetStatusAsync("signed", default))!.Length);
    }

    [Theory]
    [InlineData(-16, "RequestTimeTooSkewed")]
    [InlineData(16, "RequestTimeTooSkewed")]
    [InlineData(-14, null)]
    [InlineData(14, null)]
    public async Task Clocks_may_be_a_quarter_of_an_hour_apart(int minutes, string? code)
    {
        await using S3Host host = await S3Host.StartAsync();
        string answer = await SignedPutAsync(host, "late", "hello", "hello", minutes);
        if (code is null)
            Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        else
            Assert.Contains($"<Code>{code}</Code>", answer, StringComparison.Ordinal);
    }

    private static async Task<string> SignedPutAsync(S3Host host, string key, string signed, string sent, int minutesOff = 0)
    {
        string date = DateTime.UtcNow.AddMinutes(minutesOff).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture), scope = $"{date[..8]}/us-east-1/s3/aws4_request";
        string sha = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(signed)));
        const string Names = "host;x-amz-content-sha256;x-amz-date";
        var headers = new HeaderDictionary { ["Host"] = host.Url.Authority, ["x-amz-date"] = date, ["x-amz-content-sha256"] = sha };
        string signature = TestSignature.Sign(
            SigV4.SigningKey(S3Host.Secret, date[..8], "us-east-1", "s3"), date, scope, TestSignature.CanonicalOf("PUT", "/data/" + key, [], headers, Names, sha));
        using RawConnection connection = await RawConnection.OpenAsync(host.Url);
        await connection.SendAsync(
            $"PUT /data/{key} HTTP/1.1\r\nHost: {host.Url.Authority}\r\nx-amz-date: {date}\r\nx-amz-content-sha256: {sha}\r\nContent-Length: {sent.Length}\r\nConnection: close\r\n"
            + $"Authorization: AWS4-HMAC-SHA256 Credential={S3Host.Key}/{scope},SignedHeaders={Names},Signature={signature}\r\n\r\n{sent}");
        return Encoding.Latin1.GetString(await connection.ReadToEndAsync());
    }

    /// <summary>One part, "hello".</summary>
    private async Task<(string Id, string Tag)> UploadAsync(string key, string? algorithm)
    {
        using var begin = new HttpRequestMessage(HttpMethod.Post, $"data/{key}?uploads");
        if (algorithm is not null)
            begin.Headers.Add("x-amz-checksum-algorithm", algorithm);
        XElement begun = XDocument.Parse(await (await _http.SendAsync(begin)).Content.ReadAsStringAsync()).Root!;
        string id = begun.Elements().Single(e => e.Name.LocalName == "UploadId").Value;
        using var put = new HttpRequestMessage(HttpMethod.Put, $"data/{key}?uploadId={id}&partNumber=1") { Content = new StringContent("hello") };
        put.Headers.Add("x-amz-checksum-crc32", Sum);
        HttpResponseMessage part = await _http.SendAsync(put);
        return (id, part.Headers.ETag!.Tag);
    }

    private async Task<string> CompleteAsync(string key, string id, string tag, params (string Name, string Value)[] headers)
    {
        using var complete = new HttpRequestMessage(HttpMethod.Post, $"data/{key}?uploadId={id}")
        {
            Content = new StringContent($"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></CompleteMultipartUpload>"),
        };
        foreach ((string name, string value) in headers)
            complete.Headers.Add(name, value);
        return await CodeAsync(complete);
    }

    /// <summary>"" where it was done.</summary>
    private async Task<string> CodeAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage answer = await _http.SendAsync(request);
        return answer.IsSuccessStatusCode ? "" : XDocument.Parse(await answer.Content.ReadAsStringAsync()).Root!.Element("Code")!.Value;
    }
}
