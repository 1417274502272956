using System.Security.Cryptography;
using System.Text.Json;
using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Gateway.S3.Checksums;
using Orleans.Cache.Gateway.S3.Metadata;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>Records as attributes of a store, and back.</summary>
public sealed class StoredRecordTests
{
    private static readonly ObjectRecord Full = new()
    {
        ContentType = "text/plain",
        ContentHeaders = new Dictionary<string, string> { ["Cache-Control"] = "no-cache", ["Content-Disposition"] = "attachment; filename=\"ü\"" },
        User = new Dictionary<string, string> { ["plain"] = "v", ["odd"] = "ü", ["empty"] = "", ["spaces"] = " a  b ", [StoredRecord.RestName] = "somebody's" },
        Tags = [new("a", "b c"), new("ü", "")],
        Checksum = new StoredChecksum("sha256", "AAAA"),
        Parts = [8, 8, 5],
        PartSums = ["AAAA", "BBBB", "CCCC"],
    };

    [Fact]
    public void What_is_kept_comes_back_and_what_headers_can_carry_is_in_headers()
    {
        UfsAttributes kept = StoredRecord.AttributesOf(Full);
        Assert.Equal(("text/plain", "no-cache", "v"), (kept.ContentType, kept.Headers["Cache-Control"], kept.User["plain"]));
        Assert.Equal(["ocache-s3", "plain"], kept.User.Keys.Order());
        Assert.True(StoredRecord.IsAllOf(Full, kept));
        ObjectRecord back = StoredRecord.Of(kept);
        Assert.Equal(Full.User!.OrderBy(u => u.Key), back.User!.OrderBy(u => u.Key));
        Assert.Equal(Full.Tags, back.Tags);
        Assert.Equal((Full.ContentType, Full.Checksum), (back.ContentType, back.Checksum));
        Assert.Equal(Full.PartSums, back.PartSums);
        Assert.False(StoredRecord.IsAllOf(Full with { PartSums = ["AAAA", "BBBB", "DDDD"] }, kept));
    }

    [Theory]
    [InlineData("foo", null, null)]
    [InlineData("text/html;charset=utf-8", null, null)]
    [InlineData(null, "Expires", "0")]
    [InlineData(null, "Content-Language", "de")]
    public void What_a_store_would_be_sent_otherwise_than_it_was_signed_goes_with_the_rest(string? type, string? header, string? value)
    {
        var record = new ObjectRecord { ContentType = type, ContentHeaders = header is null ? null : new Dictionary<string, string> { [header] = value! } };
        UfsAttributes kept = StoredRecord.AttributesOf(record);
        Assert.Null(kept.ContentType);
        Assert.Empty(kept.Headers);
        Assert.True(StoredRecord.IsAllOf(record, kept));
    }

    [Fact]
    public void Two_names_that_a_store_would_take_for_one_are_both_kept()
    {
        var record = new ObjectRecord { User = new Dictionary<string, string> { ["foo"] = "1", ["x-amz-meta-foo"] = "2" } };
        UfsAttributes kept = StoredRecord.AttributesOf(record);
        Assert.DoesNotContain("x-amz-meta-foo", kept.User.Keys);
        Assert.True(StoredRecord.IsAllOf(record, kept));
    }

    [Fact]
    public void A_record_of_as_many_parts_as_there_can_be_may_be_read()
    {
        string[] sums = [.. Enumerable.Range(0, S3Limits.MaxParts).Select(i => Convert.ToBase64String(SHA256.HashData(BitConverter.GetBytes(i))))];
        var record = new ObjectRecord { Key = new string('k', 1024), Parts = [.. sums.Select(_ => 5L << 30)], PartSums = sums };
        byte[] written = JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.ObjectRecord);
        Assert.InRange(written.Length, 500_000, S3Limits.MaxRecordBytes);
        Assert.Equal(sums, JsonSerializer.Deserialize(written, RecordJson.Default.ObjectRecord)!.PartSums);
    }

    [Fact]
    public void Nothing_said_is_nothing_kept()
    {
        Assert.Same(UfsAttributes.None, StoredRecord.AttributesOf(ObjectRecord.Empty));
        Assert.True(StoredRecord.IsAllOf(ObjectRecord.Empty, null));
        Assert.True(StoredRecord.IsAllOf(ObjectRecord.Empty, UfsAttributes.None));
        Assert.False(StoredRecord.IsAllOf(ObjectRecord.Empty, StoredRecord.AttributesOf(Full)));
    }

    [Fact]
    public void What_does_not_fit_or_is_another_tag_needs_a_record()
    {
        ObjectRecord tooMuch = Full with { User = new Dictionary<string, string> { ["long"] = new('x', 2000) } };
        Assert.False(StoredRecord.IsAllOf(tooMuch, StoredRecord.AttributesOf(tooMuch)));
        ObjectRecord manyParts = Full with { Parts = [.. Enumerable.Repeat(8_388_608L, 1000)] };
        Assert.False(StoredRecord.IsAllOf(manyParts, StoredRecord.AttributesOf(manyParts)));
        ObjectRecord tagged = Full with { ETag = "00000000000000000000000000000000-3" };
        Assert.False(StoredRecord.IsAllOf(tagged, StoredRecord.AttributesOf(tagged)));
        Assert.InRange(StoredRecord.AttributesOf(manyParts).User.Sum(u => u.Key.Length + u.Value.Length), 0, 2048);
    }

    [Theory]
    [InlineData("not base 64")]
    [InlineData("bm90IGpzb24=")]
    [InlineData("bnVsbA==")]
    public void What_somebody_else_wrote_under_our_name_says_nothing(string text)
    {
        var theirs = new UfsAttributes { User = new Dictionary<string, string> { [StoredRecord.RestName] = text, ["a"] = "b" } };
        Assert.Equal("b", StoredRecord.Of(theirs).User!.Single().Value);
    }
}
