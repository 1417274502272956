using Orleans.Cache.Pages;

namespace Orleans.Cache.Core.Tests.Pages;

public sealed class Crc32CTests
{
    [Fact]
    public void The_check_value_of_the_standard_is_met() => Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));

    [Fact]
    public void Zeros_do_not_sum_to_zero() => Assert.NotEqual(0u, Crc32C.Compute(new byte[65536]));

    [Fact]
    public void Every_length_and_every_split_agrees_with_the_definition()
    {
        var random = new Random(1);
        var data = new byte[40_000];
        random.NextBytes(data);
        foreach (int length in (int[])[0, 1, 7, 8, 9, 63, 4095, 12287, 12288, 12289, 24576, 36870, 40_000])
        {
            uint expected = ByBits(data.AsSpan(0, length));
            Assert.Equal(expected, Crc32C.Compute(data.AsSpan(0, length)));
            int split = random.Next(length + 1);
            Assert.Equal(expected, Crc32C.Append(Crc32C.Compute(data.AsSpan(0, split)), data.AsSpan(split, length - split)));
        }
    }

    private static uint ByBits(ReadOnlySpan<byte> data)
    {
        uint crc = ~0u;
        foreach (byte one in data)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }
        return ~crc;
    }
}
