using System.Runtime.InteropServices;
using Orleans.Cache.Fuse.Protocol;

namespace Orleans.Cache.Fuse.Tests;

/// <summary>Bytes as a kernel 6.18 (protocol 7.45) sent them, and as it took them.</summary>
public sealed class WireTests
{
    private const string InitBytes =
        "680000001a0000000200000000000000000000000000000000000000000000000000000000000000" // header
        + "070000002d00000000000200fbffff73ff070000" // 7.45, read-ahead 128 KiB, flags, flags2
        + "00000000000000000000000000000000000000000000000000000000000000000000000000000000" + "00000000";

    [Fact]
    public void INIT_is_decoded()
    {
        byte[] message = Convert.FromHexString(InitBytes);

        Assert.True(RequestHeader.TryDecode(message, out RequestHeader header));
        Assert.True(InitRequest.TryDecode(message.AsSpan(Wire.RequestHeaderSize), out InitRequest init));

        Assert.Equal((104u, Opcode.Init, 2ul), (header.Length, header.Opcode, header.Unique));
        Assert.Equal((7u, 45u, 131072u), (init.Major, init.Minor, init.MaxReadAhead));
        Assert.True(init.Offered.HasFlag(InitFlags.MaxPages | InitFlags.Passthrough | InitFlags.RequestTimeout));
    }

    [Fact]
    public void LOOKUP_is_decoded()
    {
        byte[] message = Convert.FromHexString(
            "2e000000010000000400000000000000010000000000000000000000000000007b0c000000000000" + "612e74787400");

        Assert.True(RequestHeader.TryDecode(message, out RequestHeader header));
        Assert.True(Wire.TryName(message.AsSpan(Wire.RequestHeaderSize), out ReadOnlySpan<byte> name));

        Assert.Equal((Opcode.Lookup, 1ul, 3195u), (header.Opcode, header.NodeId, header.Process));
        Assert.Equal("a.txt"u8, name);
    }

    [Fact]
    public void READ_is_decoded()
    {
        byte[] body = Convert.FromHexString("0700000000000000" + "0000100000000000" + "00001000" + "00000000" + "0000000000000000" + "00800000" + "00000000");

        Assert.True(MemoryMarshal.TryRead(body, out ReadRequest read));

        Assert.Equal((7ul, 1048576L, 1048576u), (read.Handle, read.Offset, read.Size));
    }

    [Fact]
    public void An_INIT_answer_names_only_what_was_offered()
    {
        var offered = new InitRequest { Major = 7, Minor = 31, Flags = (uint)(InitFlags.MaxPages | InitFlags.AsyncRead) };

        InitAnswer answer = InitNegotiation.Answer(offered, new FuseOptions(), out InitFlags agreed);

        Assert.Equal(InitFlags.MaxPages | InitFlags.AsyncRead, agreed);
        Assert.Equal(((uint)agreed, 0u, 0u, (ushort)0), (answer.Flags, answer.Flags2, answer.MaxStackDepth, answer.RequestTimeout));
        Assert.Equal(256, answer.MaxPages);
    }

    [Fact]
    public void Structures_are_as_long_as_the_kernel_has_them()
    {
        Assert.Equal(
            [40, 16, 64, 128, 104, 88, 16, 40, 80, 24, 16],
            (int[])[
                Marshal.SizeOf<RequestHeader>(), Marshal.SizeOf<AnswerHeader>(), Marshal.SizeOf<InitAnswer>(), Marshal.SizeOf<WireEntry>(), Marshal.SizeOf<WireStatus>(),
                Marshal.SizeOf<WireAttributes>(), Marshal.SizeOf<WireOpen>(), Marshal.SizeOf<ReadRequest>(), Marshal.SizeOf<WireStatistics>(),
                Marshal.SizeOf<ReleaseRequest>(), Marshal.SizeOf<ForgetOne>(),
            ]);
    }

    [Fact]
    public void Times_before_1970_have_positive_nanoseconds()
    {
        var attributes = new FuseAttributes { Inode = 1, Kind = FileKind.Regular, Permissions = 0, Modified = DateTimeOffset.UnixEpoch - TimeSpan.FromMilliseconds(1) };

        WireAttributes wire = WireAttributes.Of(attributes);

        Assert.Equal((-1L, 999_000_000u), ((long)wire.ModifyTime, wire.ModifyNanoseconds));
    }

    [Fact]
    public void A_directory_entry_that_has_no_room_is_not_begun()
    {
        var entries = new DirectoryWriter(new byte[Wire.DirectoryEntrySize(3)], withAttributes: false);
        var entry = new FuseEntry(NodeId.None, new FuseAttributes { Inode = 5, Kind = FileKind.Directory, Permissions = 0 }, default, default);

        Assert.True(entries.TryAdd("abc"u8, 1, entry));
        Assert.False(entries.TryAdd("d"u8, 2, entry));
        Assert.Equal(Wire.DirectoryEntrySize(3), entries.Length);
    }
}
