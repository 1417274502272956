using Orleans.Cache.Nodes;

namespace Orleans.Cache.Core.Tests.Nodes;

/// <summary>A process that stood still forgets before it answers anybody; one whose timer beats does not.</summary>
public sealed class FreezeWatchTests : IDisposable
{
    private readonly Clock _clock = new();
    private readonly FreezeWatch _watch;
    private int _forgotten;

    public FreezeWatchTests() => _watch = new FreezeWatch(_clock);

    public void Dispose() => _watch.Dispose();

    [Fact]
    public void Nothing_is_forgotten_while_the_timer_beats()
    {
        for (int i = 0; i < 100; i++)
        {
            _clock.Pass(TimeSpan.FromMilliseconds(100));
            _clock.Beat();
            Look();
        }

        Assert.Equal(0, _forgotten);
    }

    [Fact]
    public void A_pause_is_noticed_by_the_first_who_looks_and_by_nobody_after()
    {
        _clock.Pass(TimeSpan.FromSeconds(1));

        Look();
        Look();

        Assert.Equal(1, _forgotten);
    }

    [Fact]
    public void A_timer_that_beats_after_a_pause_before_anybody_looks_does_not_hide_it()
    {
        _clock.Pass(TimeSpan.FromSeconds(1));
        _clock.Beat();
        _clock.Pass(TimeSpan.FromMilliseconds(100));
        _clock.Beat();

        Look();
        Look();

        Assert.Equal(1, _forgotten);
    }

    [Fact]
    public void Nobody_goes_on_before_the_forgetting_has_ended()
    {
        _clock.Pass(TimeSpan.FromSeconds(1));
        using var forgetting = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        bool forgot = false;
        var first = new Thread(() => _watch.Look(() =>
        {
            forgetting.Set();
            go.Wait();
            Volatile.Write(ref forgot, true);
        }));
        bool second = false;
        first.Start();
        forgetting.Wait();
        var other = new Thread(() =>
        {
            _watch.Look(() => { });
            Volatile.Write(ref second, Volatile.Read(ref forgot));
        });
        other.Start();

        go.Set();
        first.Join();
        other.Join();

        Assert.True(second);
    }

    private void Look() => _watch.Look(() => _forgotten++);

    /// <summary>Time that passes without a timer noticing, as it does for a process that stands still.</summary>
    private sealed class Clock : TimeProvider
    {
        private long _now;
        private (TimerCallback Callback, object? State) _timer;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time) => _now += time.Ticks;

        public void Beat() => _timer.Callback(_timer.State);

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timer = (callback, state);
            return new Timer(_ => { }, null, Timeout.Infinite, Timeout.Infinite);
        }
    }
}
