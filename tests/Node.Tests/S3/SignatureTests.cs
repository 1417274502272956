using Microsoft.AspNetCore.Http;
using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Gateway.S3.Errors;
using Orleans.Cache.Gateway.S3.Requests;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Signatures against AWS's published examples: those of the S3 API reference ("Signature Calculations", "Query Parameters") and of the general test suite.</summary>
public sealed class SignatureTests
{
    private const string Id = "AKIAIOSFODNN7EXAMPLE";
    private const string Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    private const string Host = "examplebucket.s3.amazonaws.com";
    private const string Date = "20130524T000000Z";
    private const string Scope = "20130524/us-east-1/s3/aws4_request";

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2013, 5, 24, 0, 0, 10, TimeSpan.Zero));

    [Theory]
    [InlineData("GET", "/test.txt", "host;range;x-amz-content-sha256;x-amz-date", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", SigV4.EmptyHash, "range=bytes=0-9")]
    [InlineData("PUT", "/test$file.text", "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", "date=Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class=REDUCED_REDUNDANCY")]
    [InlineData("GET", "/?lifecycle", "host;x-amz-content-sha256;x-amz-date", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543", SigV4.EmptyHash)]
    [InlineData("GET", "/?max-keys=2&prefix=J", "host;x-amz-content-sha256;x-amz-date", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7", SigV4.EmptyHash)]
    public void The_examples_of_the_header_are_genuine_and_nothing_near_them_is(string method, string target, string names, string signature, string payload, params string[] headers)
    {
        S3Request request = Request(method, target, [$"x-amz-content-sha256={payload}", $"x-amz-date={Date}", .. headers]);
        request.Headers.Authorization = $"AWS4-HMAC-SHA256 Credential={Id}/{Scope},SignedHeaders={names},Signature={signature}";
        NewAuthenticator().Authenticate(request);
        Assert.Equal(Id, request.Caller.Name);

        request.Headers["x-amz-date"] = "20130524T000001Z";
        Assert.Equal("SignatureDoesNotMatch", CodeOf(request));
        request.Headers["x-amz-date"] = Date;
        request.Headers.Authorization = request.Headers.Authorization.ToString().Replace("Signature=" + signature[..2], "Signature=00", StringComparison.Ordinal);
        Assert.Equal("SignatureDoesNotMatch", CodeOf(request));
    }

    [Fact]
    public void The_example_of_a_presigned_url_is_genuine_until_it_expires()
    {
        S3Request request = Request("GET", "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z"
            + "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
        Authenticator authenticator = NewAuthenticator();
        authenticator.Authenticate(request);
        Assert.Equal(Id, request.Caller.Name);
        _time.Advance(TimeSpan.FromHours(24));
        Assert.Equal("AccessDenied", CodeOf(request));
    }

    [Theory]
    [InlineData("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    public void The_general_suite_is_signed_as_published(string method, string target, string signature)
    {
        S3Request request = Request(method, target, "host=example.amazonaws.com", "x-amz-date=20150830T123600Z");
        byte[] key = SigV4.SigningKey("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830", "us-east-1", "service");
        string canonical = TestSignature.CanonicalOf(method, request.Target.Path, request.Query.Values, request.Headers, "host;x-amz-date", SigV4.EmptyHash);
        Assert.Equal(signature, TestSignature.Sign(key, "20150830T123600Z", "20150830/us-east-1/service/aws4_request", canonical));
    }

    [Theory]
    [InlineData("/a%20b/%C3%BC+%2B", "/a%20b/%C3%BC%2B%2B")]
    [InlineData("/a(b)*!'", "/a%28b%29%2A%21%27")]
    [InlineData("/a//b/../c/", "/a//b/../c/")]
    [InlineData("/%7euser/%2e", "/~user/.")]
    public void Paths_are_encoded_once_and_not_normalised(string sent, string canonical) =>
        Assert.Equal(canonical, TestSignature.CanonicalOf("GET", sent, [], new HeaderDictionary(), "host", "").Split('\n')[1]);

    [Theory]
    [InlineData("20130532T000000Z")]
    [InlineData("20130024T000000Z")]
    [InlineData("00000524T000000Z")]
    [InlineData("20130524T240000Z")]
    [InlineData("20130524T000000")]
    [InlineData("2013-05-24T00:0Z")]
    [InlineData("2013052xT000000Z")]
    public void What_is_no_date_is_refused(string date)
    {
        S3Request request = Signed(Id, Scope);
        request.Headers["x-amz-date"] = date;
        Assert.Equal("AccessDenied", CodeOf(request));
    }

    [Fact]
    public void Queries_are_sorted_by_what_they_are_encoded_to()
    {
        S3Query query = S3Query.Parse("?b=2&a=z&a%20=%2F&B=&a=a+b&X-Amz-Signature=x&%C3%BC=" + new string('q', 2000));
        Assert.Equal($"%C3%BC={new string('q', 2000)}&B=&a=a%20b&a=z&a%20=%2F&b=2", TestSignature.CanonicalOf("GET", "/", query.Values, new HeaderDictionary(), "host", "").Split('\n')[2]);
    }

    [Theory]
    [InlineData("  a   b  c ", "a b c")]
    [InlineData("a b", "a b")]
    [InlineData("", "")]
    [InlineData("ü  ü", "ü ü")]
    public void Values_of_headers_are_trimmed_and_their_spaces_joined(string sent, string canonical) =>
        Assert.Equal("x-amz-meta-a:" + canonical, TestSignature.CanonicalOf("GET", "/", [], new HeaderDictionary { ["x-amz-meta-a"] = sent }, "x-amz-meta-a", "").Split('\n')[3]);

    [Fact]
    public void What_is_wrong_with_a_signature_is_told_by_awss_code()
    {
        Assert.Equal("InvalidRequest", CodeOf(Request("GET", "/k", "authorization=AWS AKID:c2lnbmF0dXJl")));
        Assert.Equal("InvalidRequest", CodeOf(Request("GET", "/k?AWSAccessKeyId=AKID&Signature=x&Expires=1")));
        Assert.Equal("InvalidArgument", CodeOf(Request("GET", "/k", "authorization=Bearer x")));
        Assert.Equal("AuthorizationHeaderMalformed", CodeOf(Signed(Id, "20130524/us-east-1/s3")));
        Assert.Equal("InvalidAccessKeyId", CodeOf(Signed("NOBODY", Scope)));
        Assert.Equal("AuthorizationHeaderMalformed", CodeOf(Signed(Id, "20130524/eu-west-1/s3/aws4_request")));
        Assert.Equal("AuthorizationHeaderMalformed", CodeOf(Signed(Id, "20130525/us-east-1/s3/aws4_request")));
        Assert.Equal("AuthorizationHeaderMalformed", CodeOf(Signed(Id, "2013/us-east-1/s3/aws4_request")));
        Assert.Equal("AuthorizationHeaderMalformed", CodeOf(Signed(Id, "/us-east-1/s3/aws4_request")));
        Assert.Equal("InvalidArgument", CodeOf(Request("GET", "/k?X-Amz-Algorithm=AWS4-HMAC-SHA256", "authorization=Bearer x")));
        Assert.Equal("InvalidArgument", CodeOf(Request("GET", "/k?X-Amz-Signature=x", "authorization=AWS AKID:c2lnbmF0dXJl")));
        S3Request unsignedHeader = Signed(Id, Scope);
        unsignedHeader.Headers["x-amz-meta-added"] = "x";
        Assert.Equal("AccessDenied", CodeOf(unsignedHeader));
        S3Request session = Signed(Id, Scope);
        session.Headers["x-amz-security-token"] = "x";
        Assert.Equal("InvalidToken", CodeOf(session));
        _time.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal("RequestTimeTooSkewed", CodeOf(Signed(Id, Scope)));
    }

    [Fact]
    public void A_url_that_was_signed_at_the_end_of_time_is_not_yet_valid() => Assert.Equal("AccessDenied", CodeOf(Request(
        "GET", $"/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={Id}%2F99991231%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=99991231T235959Z"
        + $"&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature={new string('0', 64)}")));

    [Fact]
    public void The_error_of_a_wrong_region_names_the_right_one() =>
        Assert.Contains(new("Region", "us-east-1"), Failure(Signed(Id, "20130524/eu-west-1/s3/aws4_request")).Details);

    private static S3Request Signed(string id, string scope) => Request(
        "GET", "/k", $"x-amz-date={Date}", $"x-amz-content-sha256={SigV4.EmptyHash}",
        $"authorization=AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={new string('0', 64)}");

    private string CodeOf(S3Request request) => Failure(request).Code;

    private S3Error Failure(S3Request request) => Assert.Throws<S3Exception>(() => NewAuthenticator().Authenticate(request)).Error;

    private Authenticator NewAuthenticator() => new(new S3Options { Keys = [new AccessKey(Id, Secret, [""], [""])] }, _time);

    private static S3Request Request(string method, string target, params string[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Headers.Host = Host;
        foreach (string header in headers)
            context.Request.Headers[header[..header.IndexOf('=')]] = header[(header.IndexOf('=') + 1)..];
        S3Target parsed = S3Target.Parse(target, Host, ["s3.amazonaws.com"]);
        return new S3Request(context, parsed, S3Query.Parse(parsed.Query), "id");
    }
}
