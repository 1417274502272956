namespace Orleans.Cache.Model.Tests.Oracle;

/// <summary>What a front door said of a path.</summary>
/// <param name="Path">Relative to the mount.</param>
/// <param name="Kind">Absent, Directory or File.</param>
/// <param name="Length">Bytes of a file.</param>
/// <param name="Token">Version of a file.</param>
/// <param name="Remaining">How long the answer may be believed; zero where that is not said.</param>
internal readonly record struct Seen(string Path, Kind Kind, long Length, string? Token, TimeSpan Remaining = default);
