using System.Net.Sockets;
using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Bench.Servers;

/// <summary>
/// Makes a store on this machine one that is far away: what a client sends arrives half a round trip later and then some, and each connection brings its answers at a bounded
/// rate, as a stream of an object store over a long line does. Any number of connections side by side, each as fast as the others, or all of them together.
/// </summary>
internal sealed class FarProxy : LoopbackServer
{
    private readonly Uri _store;
    private readonly TimeSpan _latency;
    private readonly Func<Pace> _paceOf;

    /// <param name="store">What stands behind it.</param>
    /// <param name="latency">From a request to the first byte of its answer, on top of the store's own.</param>
    /// <param name="bytesPerSecond">Of answers, per connection.</param>
    /// <param name="shared">Of all connections together.</param>
    public FarProxy(Uri store, TimeSpan latency, double bytesPerSecond, bool shared = false)
    {
        _store = store;
        _latency = latency;
        var all = new Pace(bytesPerSecond);
        _paceOf = shared ? () => all : () => new Pace(bytesPerSecond);
        Start();
    }

    protected override async Task ServeAsync(TcpClient client)
    {
        using var store = new TcpClient { NoDelay = true };
        await store.ConnectAsync(_store.Host, _store.Port, Stopping);
        await Task.WhenAny(SendAsync(client.GetStream(), store.GetStream()), AnswerAsync(store.GetStream(), client.GetStream()));
    }

    /// <summary>Requests without a body come in one piece; each piece is late by the latency.</summary>
    private async Task SendAsync(NetworkStream from, NetworkStream to)
    {
        byte[] buffer = new byte[64 << 10];
        for (int read; (read = await from.ReadAsync(buffer, Stopping)) > 0;)
        {
            await Task.Delay(_latency, Stopping);
            await to.WriteAsync(buffer.AsMemory(0, read), Stopping);
        }
    }

    private async Task AnswerAsync(NetworkStream from, NetworkStream to)
    {
        byte[] buffer = new byte[256 << 10];
        Pace pace = _paceOf();
        for (int read; (read = await from.ReadAsync(buffer, Stopping)) > 0;)
        {
            TimeSpan early = pace.Take(read);
            if (early > TimeSpan.FromMilliseconds(1))
                await Task.Delay(early, Stopping);
            await to.WriteAsync(buffer.AsMemory(0, read), Stopping);
        }
    }

    /// <summary>Timers are late by milliseconds: what one was late is caught up with, a pause between answers is not.</summary>
    private sealed class Pace(double bytesPerSecond)
    {
        private readonly Lock _gate = new();
        private readonly long _start = TimeProvider.System.GetTimestamp();
        private double _due;

        /// <summary>How long those bytes, which follow on all others, have to wait.</summary>
        public TimeSpan Take(int bytes)
        {
            lock (_gate)
            {
                double now = TimeProvider.System.GetElapsedTime(_start).TotalSeconds;
                _due = Math.Max(_due, now - 0.02) + (bytes / bytesPerSecond);
                return TimeSpan.FromSeconds(_due - now);
            }
        }
    }
}
