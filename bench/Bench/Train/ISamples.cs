namespace Orleans.Cache.Bench.Train;

/// <summary>Where readers get their samples from. Called from many threads, each of which waits for its sample.</summary>
internal interface ISamples
{
    /// <summary>Once before an epoch of a data set that was never seen: names, as whoever builds an index of the data set reads them.</summary>
    void List();

    void Read(int sample, byte[] buffer);
}
