using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Orleans.Cache.Node.Tests.Sdk;

/// <summary>
/// What the clients of this process count while it is there. The tests that have clients run one at a time.
/// </summary>
internal sealed class ClientFigures : IDisposable
{
    public const string Buffers = "ocache.client.buffers.bytes";

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _sums = new();
    private readonly ConcurrentDictionary<string, long> _peaks = new();

    public ClientFigures()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Orleans.Cache.Client")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, measured, _, _) =>
        {
            long sum = _sums.AddOrUpdate(instrument.Name, measured, (_, before) => before + measured);
            _peaks.AddOrUpdate(instrument.Name, sum, (_, peak) => Math.Max(peak, sum));
        });
        _listener.Start();
    }

    /// <summary>The sum of what was counted so far.</summary>
    public long this[string name] => _sums.GetValueOrDefault(name);

    /// <summary>Whether all memory was given back. What a client of the test before gives back meanwhile makes it less than none.</summary>
    public bool HoldsNothing => this[Buffers] <= 0;

    /// <summary>The highest that the sum was.</summary>
    public long PeakOf(string name) => _peaks.GetValueOrDefault(name);

    public void Dispose() => _listener.Dispose();
}
