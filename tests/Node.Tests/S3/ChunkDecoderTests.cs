using System.Text;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Gateway.S3.Bodies;
using Orleans.Cache.Gateway.S3.Errors;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Chunked bodies: AWS's published examples, every way to cut them, and damage of every kind.</summary>
public sealed class ChunkDecoderTests
{
    private static readonly byte[] SigningKey = SigV4.SigningKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3");

    private static readonly byte[] Example = Encoding.ASCII.GetBytes(new string('a', 66560));

    private static readonly string[] Signatures =
    [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ];

    private static readonly string[] TrailerSignatures =
    [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992", "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
    ];

    private static readonly PayloadSignature Signed =
        PayloadSignature.Of(PayloadSignature.Chunked, Key("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"));

    private static readonly PayloadSignature SignedTrailer =
        PayloadSignature.Of(PayloadSignature.ChunkedTrailer, Key("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"));

    private static readonly PayloadSignature Unsigned = PayloadSignature.Of(PayloadSignature.UnsignedTrailer, null);

    [Fact]
    public void The_published_examples_are_genuine()
    {
        (byte[] content, _) = Decode(Signed, Body(Signatures) + "\r\n");
        Assert.Equal(Example, content);
        (content, ChunkDecoder decoder) = Decode(SignedTrailer, Body(TrailerSignatures) + Trailer + "\r\n");
        Assert.Equal(Example, content);
        Assert.Equal(new("x-amz-checksum-crc32c", "sOO8/Q=="), decoder.Trailers[0]);
        // As AWS's own description writes it: a newline behind the value, an empty line, nothing behind the signature.
        Decode(SignedTrailer, Body(TrailerSignatures) + "x-amz-checksum-crc32c:sOO8/Q==\n\r\nx-amz-trailer-signature:" + TrailerSignatures[3] + "\r\n");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(4095)]
    public void However_it_is_cut_the_content_is_the_same(int piece)
    {
        (byte[] content, _) = Decode(SignedTrailer, Body(TrailerSignatures) + Trailer + "\r\n", piece, target: piece);
        Assert.Equal(Example, content);
    }

    [Fact]
    public void Unsigned_chunks_with_a_trailer_are_what_the_sdks_send()
    {
        (byte[] content, ChunkDecoder decoder) = Decode(Unsigned, "5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n");
        Assert.Equal("hello world", Encoding.ASCII.GetString(content));
        Assert.Equal("DUoRhQ==", Assert.Single(decoder.Trailers).Value);
    }

    [Theory]
    [InlineData("5\r\nhello\r\n0\r\n", "IncompleteBody")]
    [InlineData("5\r\nhel", "IncompleteBody")]
    [InlineData("", "IncompleteBody")]
    [InlineData("5\r\nhelloworld\r\n0\r\n\r\n", "InvalidRequest")]
    [InlineData("-5\r\nhello\r\n0\r\n\r\n", "InvalidRequest")]
    [InlineData("fffffffffffffffff\r\nhello", "InvalidRequest")]
    [InlineData("g\r\nhello\r\n0\r\n\r\n", "InvalidRequest")]
    [InlineData("5\nhello\r\n0\r\n\r\n", "InvalidRequest")]
    [InlineData("5\r\nhello\r\n0\r\n\r\nmore", "InvalidRequest")]
    [InlineData("5\r\nhello\r\n0\r\nno colon\r\n\r\n", "InvalidRequest")]
    [InlineData("\r\n", "InvalidRequest")]
    public void What_is_no_chunked_body_is_refused(string body, string code) =>
        Assert.Equal(code, Assert.Throws<S3Exception>(() => Decode(Unsigned, body)).Error.Code);

    [Fact]
    public void A_line_without_an_end_is_not_gathered_for_ever() =>
        Assert.Throws<S3Exception>(() => Decode(Unsigned, new string('1', 1_000_000)));

    [Fact]
    public void No_flipped_or_missing_byte_of_a_signed_body_goes_unnoticed()
    {
        byte[] genuine = Encoding.Latin1.GetBytes(Body(TrailerSignatures) + Trailer + "\r\n");
        // A seed that is printed makes a failure repeatable.
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < 400; i++)
        {
            byte[] damaged = [.. genuine];
            int at = random.Next(2) == 0 ? random.Next(damaged.Length) : damaged.Length - 1 - random.Next(400);
            damaged[at] ^= (byte)(1 << random.Next(8));
            // Letters of hexadecimal digits and header names mean the same in both cases; all else must be noticed.
            if (char.ToLowerInvariant((char)damaged[at]) == char.ToLowerInvariant((char)genuine[at]))
                continue;
            AssertRefused(damaged, seed, at);
            AssertRefused(genuine[..at], seed, at);
        }
    }

    [Fact]
    public void Random_bytes_never_break_more_than_their_own_request()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        const string Alphabet = "0123456789abcdef;=\r\n:chunk-signature x-amz-";
        for (int i = 0; i < 20_000; i++)
        {
            var text = new StringBuilder();
            for (int n = random.Next(60); n > 0; n--)
                text.Append(random.Next(8) == 0 ? (char)random.Next(256) : Alphabet[random.Next(Alphabet.Length)]);
            try
            {
                Decode(random.Next(2) == 0 ? Unsigned : SignedTrailer, text.ToString(), 1 + random.Next(9));
            }
            catch (S3Exception)
            {
                // What is malformed is said to be.
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {i}: {e}");
            }
        }
    }

    private static void AssertRefused(byte[] body, int seed, int at)
    {
        try
        {
            (byte[] content, _) = Decode(SignedTrailer, Encoding.Latin1.GetString(body), 4096);
            // A changed line end behind the last signature is not signed by anybody.
            Assert.True(content.AsSpan().SequenceEqual(Example), $"seed {seed}: damage at {at} changed the content.");
        }
        catch (S3Exception)
        {
            // Noticed.
        }
    }

    private static string Trailer => $"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:{TrailerSignatures[3]}\r\n";

    private static string Body(string[] signatures) =>
        $"10000;chunk-signature={signatures[0]}\r\n{new string('a', 65536)}\r\n400;chunk-signature={signatures[1]}\r\n{new string('a', 1024)}\r\n0;chunk-signature={signatures[2]}\r\n";

    private static ChunkKey Key(string seed) => new(SigningKey, "20130524T000000Z", "20130524/us-east-1/s3/aws4_request", seed);

    private static (byte[] Content, ChunkDecoder Decoder) Decode(PayloadSignature kind, string text, int piece = 65536, int target = 65536)
    {
        byte[] body = Encoding.Latin1.GetBytes(text);
        using var decoder = new ChunkDecoder(kind);
        var content = new MemoryStream();
        byte[] buffer = new byte[target];
        for (int at = 0; at < body.Length;)
        {
            (int consumed, int written) = decoder.Decode(body.AsSpan(at, Math.Min(piece, body.Length - at)), buffer);
            Assert.True(consumed > 0 || written > 0, "The decoder stands still.");
            content.Write(buffer, 0, written);
            at += consumed;
        }
        decoder.End();
        Assert.True(decoder.IsComplete);
        return (content.ToArray(), decoder);
    }
}
