namespace Orleans.Cache.Filling;

/// <summary>What a load of a range came to, in bytes of whole pages.</summary>
/// <param name="PresentBytes">Of pages that were in the store.</param>
/// <param name="LoadedBytes">Of pages that were brought there.</param>
/// <param name="UnkeptBytes">Of pages that could not be kept, or were not tried because one before them could not.</param>
public readonly record struct LoadedPages(long PresentBytes, long LoadedBytes, long UnkeptBytes)
{
    public static LoadedPages operator +(LoadedPages a, LoadedPages b) =>
        new(a.PresentBytes + b.PresentBytes, a.LoadedBytes + b.LoadedBytes, a.UnkeptBytes + b.UnkeptBytes);
}
