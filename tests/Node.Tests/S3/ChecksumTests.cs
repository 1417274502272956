using System.Text;
using Orleans.Cache.Gateway.S3.Checksums;

namespace Orleans.Cache.Node.Tests.S3;

public sealed class ChecksumTests
{
    /// <summary>The catalogues' check values: of the nine digits.</summary>
    [Theory]
    [InlineData("crc32", "CBF43926")]
    [InlineData("crc32c", "E3069283")]
    [InlineData("crc64nvme", "AE8B14860A799888")]
    [InlineData("sha1", "F7C3BC1D808E04732ADF679965CCC34CA7AE3441")]
    [InlineData("sha256", "15E2B0D3C33891EBB0F1EF609EC419420C20E320CE94C65FBC8C3312448EB225")]
    public void Sums_are_those_of_the_catalogues(string name, string hex) =>
        Assert.Equal(Convert.ToBase64String(Convert.FromHexString(hex)), Of(name, Encoding.ASCII.GetBytes("123456789"), 9));

    [Fact]
    public void However_the_bytes_come_the_sum_is_the_same()
    {
        byte[] data = new byte[1000];
        new Random(1).NextBytes(data);
        foreach (string name in Checksum.Names)
        {
            string whole = Of(name, data, data.Length);
            for (int piece = 1; piece < 20; piece++)
                Assert.Equal(whole, Of(name, data, piece));
        }
    }

    /// <summary>Long pieces go a faster way than short ones: byte by byte they must come to the same.</summary>
    [Fact]
    public void Of_every_length_the_sum_is_that_of_its_single_bytes()
    {
        byte[] data = new byte[400];
        new Random(2).NextBytes(data);
        foreach (string name in (string[])["crc32", "crc32c", "crc64nvme"])
        {
            for (int length = 0; length <= data.Length; length++)
                Assert.Equal(Of(name, data[..length], 1), Of(name, data[..length], Math.Max(1, length)));
            Assert.Equal(Of(name, data, 1), Of(name, data, 131));
        }
    }

    [Fact]
    public void Sums_of_pieces_are_joined_to_that_of_the_whole()
    {
        byte[] data = new byte[70_000];
        new Random(3).NextBytes(data);
        int[][] cuts = [[0], [70_000], [1, 69_999], [65_536, 4464], [0, 3, 0, 1000, 68_997, 0], [10_000, 20_000, 40_000]];
        foreach (string name in (string[])["crc32", "crc32c", "crc64nvme"])
        {
            foreach (int[] lengths in cuts)
            {
                JoinedCrc joined = JoinedCrc.Of(name)!;
                int at = 0;
                foreach (int length in lengths)
                {
                    joined.Append(Convert.FromBase64String(Of(name, data[at..(at + length)], 1000)), length);
                    at += length;
                }
                Assert.Equal(Of(name, data[..at], 1000), joined.ToBase64());
            }
        }
        Assert.Null(JoinedCrc.Of("sha1"));
        Assert.Null(JoinedCrc.Of("sha256"));
    }

    private static string Of(string name, byte[] data, int piece)
    {
        using Checksum sum = Checksum.Create(name)!;
        for (int at = 0; at < data.Length; at += piece)
            sum.Append(data.AsSpan(at, Math.Min(piece, data.Length - at)));
        return sum.ToBase64();
    }
}
