using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Orleans.Cache.Identity;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Core.Tests.Identity;

public sealed class FileRefTests
{
    private const int MiB = CacheLimits.MiB;

    /// <summary>Computed outside this program. Ids are on disk and on the wire: a change of any of these loses every cache.</summary>
    [Theory]
    [InlineData("file:///data", "a/b.bin", "v1", 3_000_000, MiB, "e794b6d36944df1ce9bde3de56c91dc0")]
    [InlineData("s3://s3.eu-central-1.amazonaws.com/bucket", "日本/é +%.parquet", "9b2cf535f27731c9", 0, 65536, "32ba3ac17c4a11553de0ba86e7c8bbd0")]
    [InlineData("mem://x", "", "", long.MaxValue, 16 * MiB, "56f42442dfd3bf8ef223d893954f6151")]
    public void Golden_ids_never_change(string uri, string key, string version, long length, int pageSize, string id) =>
        Assert.Equal(id, Ref(uri, key, version, length, pageSize).Id.ToString());

    [Fact]
    public void The_id_is_the_hash_that_the_documentation_describes_for_any_length_of_key()
    {
        foreach (int keyLength in new[] { 0, 1, 100, 300, 340, 341, 1023, 1024, 4096 })
        {
            string key = new('é', keyLength);
            using var input = new MemoryStream();
            Append("file:///r");
            Append(key);
            Append("tok");
            input.Write(BitConverter.GetBytes(77L));
            input.Write(BitConverter.GetBytes(MiB));
            UInt128 expected = BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(input.ToArray()));
            Assert.Equal(expected, Ref("file:///r", key, "tok", 77, MiB).Id.Value);

            void Append(string text)
            {
                byte[] bytes = Encoding.UTF8.GetBytes(text);
                input.Write(BitConverter.GetBytes(bytes.Length));
                input.Write(bytes);
            }
        }
    }

    [Fact]
    public void Each_part_of_a_content_changes_its_id_and_no_part_flows_into_the_next()
    {
        FileRef[] different =
        [
            Ref("file:///a", "b", "c", 1, MiB), Ref("file:///ab", "", "c", 1, MiB),
            Ref("file:///a", "bc", "", 1, MiB), Ref("file:///", "ab", "c", 1, MiB),
            Ref("file:///a", "b", "d", 1, MiB), Ref("file:///a", "b", "c", 2, MiB),
            Ref("file:///a", "b", "c", 1, 2 * MiB), Ref("file:///a", "B", "c", 1, MiB),
        ];
        Assert.Equal(different.Length, different.Select(f => f.Id).Distinct().Count());
        Assert.Equal(different.Length, different.Distinct().Count());
        Assert.Equal(different[0], Ref("file:///a", "b", "c", 1, MiB));
        Assert.False(different[0].Equals(null));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(MiB, 1, MiB)]
    [InlineData(MiB + 1, 2, 1)]
    [InlineData(5L * MiB - 1, 5, MiB - 1)]
    [InlineData(long.MaxValue, 8796093022208, MiB - 1)]
    public void Pages_cover_the_content_and_the_last_may_be_short(long length, long pages, int last)
    {
        FileRef file = Ref("file:///a", "b", "c", length, MiB);
        Assert.Equal(pages, file.PageCount);
        if (pages > 0)
            Assert.Equal(last, file.PageLength(pages - 1));
        if (pages > 1)
            Assert.Equal(MiB, file.PageLength(0));
    }

    [Fact]
    public void What_cannot_be_a_file_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Ref("file:///a", "b", "c", -1, MiB));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ref("file:///a", "b", "c", 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ref("file:///a", "b", "c", 1, MiB + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ref("file:///a", "b", "c", 1, int.MinValue));
        Assert.Throws<ArgumentNullException>(() => new FileRef(new UfsIdentity("file:///a"), "b", default, 1, MiB));
    }

    [Fact]
    public void Ids_read_as_fixed_width_hexadecimal()
    {
        Assert.Equal("0000000000000000000000000000000f", new FileId(15).ToString());
        Assert.Equal("0000000000000000000000000000000f/3", new PageId(new FileId(15), 3).ToString());
        Assert.Equal("000000000000000f", new RingKey(15).ToString());
    }

    private static FileRef Ref(string uri, string key, string version, long length, int pageSize) =>
        new(new UfsIdentity(uri), key, new FileVersion(version), length, pageSize);
}
