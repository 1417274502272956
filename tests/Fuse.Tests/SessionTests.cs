using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Cache.Fuse.Protocol;
using Orleans.Cache.Fuse.Sessions;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Fuse.Tests;

public sealed class SessionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ScriptedTransport _kernel = new();
    private readonly MemoryFileSystem _files = new() { Lookups = 10 };
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Unknown_operations_are_not_implemented_and_writes_are_refused()
    {
        using FuseSession session = await StartAsync();

        Assert.Equal(Errno.NotImplemented, (await _kernel.Ask(63, 10, 1, []).WaitAsync(Patience)).Errno);
        Assert.Equal(Errno.NotImplemented, (await _kernel.Ask(4_000_000_000, 11, 1, []).WaitAsync(Patience)).Errno);
        Assert.Equal(Errno.ReadOnlyFileSystem, (await _kernel.Ask((uint)Opcode.Unlink, 12, 1, "a\0"u8).WaitAsync(Patience)).Errno);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_interrupted_read_ends_with_EINTR_also_where_the_interrupt_is_seen_first(bool isEarly)
    {
        _files.Hold = token => Task.Delay(Timeout.Infinite, token);
        using FuseSession session = await StartAsync();
        if (isEarly)
        {
            _ = _kernel.Ask((uint)Opcode.Interrupt, 11, 0, BitConverter.GetBytes(10UL));
            // Whoever answers the second has served the first: there is one reader for each, so both are asked.
            for (ulong unique = 20; unique < 40; unique++)
                await _kernel.Ask((uint)Opcode.Statistics, unique, 1, []).WaitAsync(Patience);
        }

        Task<(int Errno, byte[] Data)> read = _kernel.Ask((uint)Opcode.Read, 10, 2, Read(100));
        if (!isEarly)
            _ = _kernel.Ask((uint)Opcode.Interrupt, 11, 0, BitConverter.GetBytes(10UL));

        Assert.Equal(Errno.Interrupted, (await read.WaitAsync(Patience)).Errno);
    }

    [Fact]
    public async Task A_handler_that_never_comes_back_is_answered_for_and_then_ignored()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _files.Hold = _ => held.Task;
        using FuseSession session = await StartAsync();

        Task<(int Errno, byte[] Data)> read = _kernel.Ask((uint)Opcode.Read, 10, 2, Read(100));
        while (session.Pending == 0)
            await Task.Yield();
        _time.Advance(new FuseOptions().Deadline + TimeSpan.FromSeconds(2));

        Assert.Equal(Errno.TimedOut, (await read.WaitAsync(Patience)).Errno);
        int sent = _kernel.Sent;
        held.SetResult();
        while (session.Pending > 0)
            await Task.Yield();
        Assert.Equal(sent, _kernel.Sent);
        Assert.Equal(1, session.Counters.TimedOut);
    }

    [Fact]
    public async Task Forgets_are_counted_and_a_batch_is_believed_only_as_far_as_it_goes()
    {
        using FuseSession session = await StartAsync();
        byte[] batch = new byte[8 + 2 * 16];
        MemoryMarshal.Write(batch, 1_000_000u);
        MemoryMarshal.Write(batch.AsSpan(8), new ForgetOne { NodeId = 2, Lookups = 3 });
        MemoryMarshal.Write(batch.AsSpan(24), new ForgetOne { NodeId = 2, Lookups = 4 });

        _ = _kernel.Ask((uint)Opcode.Forget, 10, 2, BitConverter.GetBytes(2UL));
        _ = _kernel.Ask((uint)Opcode.BatchForget, 11, 0, batch);
        await _kernel.Ask((uint)Opcode.Statistics, 12, 1, []).WaitAsync(Patience);
        _kernel.End();
        await session.Ended.WaitAsync(Patience);

        Assert.Equal(1, _files.Lookups);
    }

    [Fact]
    public async Task Whatever_comes_is_answered_or_ignored_and_the_session_lives()
    {
        using FuseSession session = await StartAsync();
        var random = new Random(20261121);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] message = new byte[random.Next(0, 200)];
            random.NextBytes(message);
            if (message.Length >= Wire.RequestHeaderSize)
            {
                // Mostly plausible: of known opcodes and nodes, else nothing gets beyond the header.
                var header = new RequestHeader
                {
                    Length = random.Next(4) == 0 ? (uint)random.Next() : (uint)message.Length,
                    Opcode = (Opcode)random.Next(0, 60),
                    Unique = (ulong)(1000 + round),
                    NodeId = (ulong)random.Next(1, 4),
                };
                if (header.Opcode is Opcode.Init)
                    continue;
                MemoryMarshal.Write(message, header);
            }
            _kernel.Say(message);
        }

        Assert.Equal(0, (await _kernel.Ask((uint)Opcode.Statistics, 100_000, 1, []).WaitAsync(Patience)).Errno);
        _kernel.End();
        await session.Ended.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_kernel_that_is_too_old_is_refused_and_who_mounts_is_told()
    {
        using var session = new FuseSession(_kernel, _files, new FuseOptions(), _time, NullLogger.Instance);
        session.Start();
        byte[] body = new byte[64];
        MemoryMarshal.Write(body, new InitRequest { Major = 7, Minor = 20 });

        Assert.Equal(Errno.Protocol, (await _kernel.Ask((uint)Opcode.Init, 2, 0, body).WaitAsync(Patience)).Errno);

        FuseException reason = await Assert.ThrowsAsync<FuseException>(() => session.Started.WaitAsync(Patience));
        Assert.Contains("7.20", reason.Message, StringComparison.Ordinal);
        _kernel.End();
        await session.Ended.WaitAsync(Patience);
    }

    [Fact]
    public async Task What_a_file_system_lends_leaves_in_two_parts_and_answers_once()
    {
        _files.Lends = true;
        using FuseSession session = await StartAsync();
        byte[] content = new byte[5000];
        new Random(2).NextBytes(content);
        _files.AddFile("b", content);

        (int errno, byte[] data) = await _kernel.Ask((uint)Opcode.Read, 10, 3, Read(3000, 4000)).WaitAsync(Patience);

        Assert.Equal(0, errno);
        Assert.Equal(content[4000..], data);
        Assert.Equal(1, _kernel.SentInTwo);
    }

    [Fact]
    public async Task Lent_memory_that_the_kernel_could_not_read_is_a_failure_and_no_second_answer()
    {
        _files.Lends = true;
        _kernel.TwoPartResult = -Errno.Fault;
        using FuseSession session = await StartAsync();
        int before = _kernel.Sent;

        await _kernel.Ask((uint)Opcode.Read, 10, 2, Read(1000)).WaitAsync(Patience);
        await _kernel.Ask((uint)Opcode.Statistics, 11, 1, []).WaitAsync(Patience);
        while (session.Counters.Failures == 0)
            await Task.Yield();

        Assert.Equal(before + 2, _kernel.Sent);
        Assert.Equal((1, 0), (session.Counters.Failures, session.Counters.BytesRead));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_that_is_at_hand_allocates_nothing(bool isLent)
    {
        _files.Lends = isLent;
        using FuseSession session = await StartAsync();
        using var request = new FuseRequest(session);
        using var sink = new SilentChannel();
        byte[] message = new byte[Wire.RequestHeaderSize + 40];
        Read(1024).CopyTo(message.AsSpan(Wire.RequestHeaderSize));
        ulong unique = 10;
        void Serve()
        {
            MemoryMarshal.Write(message, new RequestHeader { Length = (uint)message.Length, Opcode = Opcode.Read, Unique = unique++, NodeId = 2 });
            message.CopyTo(request.Received);
            Assert.True(request.Begin(sink, message.Length, 0));
            if (!session.Serve(request))
                throw new InvalidOperationException("The read did not complete at once.");
        }
        Serve();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            Serve();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1001, sink.Sent);
    }

    private async Task<FuseSession> StartAsync()
    {
        _files.AddFile("a", new byte[1000]);
        var session = new FuseSession(_kernel, _files, new FuseOptions(), _time, NullLogger.Instance);
        session.Start();
        await _kernel.AskInit(2).WaitAsync(Patience);
        await session.Started.WaitAsync(Patience);
        return session;
    }

    private static byte[] Read(uint size, long offset = 0)
    {
        byte[] body = new byte[40];
        MemoryMarshal.Write(body, new ReadRequest { Size = size, Offset = offset });
        return body;
    }

    private sealed class SilentChannel : Transport.IFuseChannel
    {
        public int Sent { get; private set; }

        public bool HasRequest => false;

        public int Receive(Span<byte> request) => -Errno.NoDevice;

        public int Send(ReadOnlySpan<byte> answer)
        {
            Sent++;
            return 0;
        }

        public int Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data) => Send(data);

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
