using System.Globalization;
using System.Text.Json;
using Orleans.Cache.Metadata;

namespace Orleans.Cache.Gateway.Alluxio;

/// <summary>A file or directory as the dialect's JSON has it.</summary>
internal static class FileObject
{
    private static readonly string[] Units = ["KB", "MB", "GB", "TB"];

    /// <param name="json">Where it is written.</param>
    /// <param name="status">What it is.</param>
    /// <param name="spelling">Its path in the client's own way: what the client opens next.</param>
    /// <param name="url">Its URL in the under storage.</param>
    /// <param name="cachedPercent">0 to 100; null where nobody looked.</param>
    public static void Write(Utf8JsonWriter json, FileStatus status, string spelling, string url, int? cachedPercent)
    {
        long modified = status.LastModified.ToUnixTimeMilliseconds();
        json.WriteStartObject();
        json.WriteString("mType", status.IsDirectory ? "directory" : "file");
        json.WriteString("mName", status.Path.Name);
        json.WriteString("mPath", spelling);
        json.WriteString("mUfsPath", url);
        json.WriteNumber("mLastModificationTimeMs", modified);
        json.WriteNumber("mLength", status.Length);
        json.WriteString("mHumanReadableFileSize", HumanReadable(status.Length));
        json.WriteBoolean("mCompleted", true);
        json.WriteString("mOwner", "");
        json.WriteString("mGroup", "");
        json.WriteString("mMode", "");
        json.WriteNumber("mCreationTimeMs", modified);
        json.WriteNumber("mLastAccessTimeMs", modified);
        json.WriteBoolean("mPersisted", true);
        if (cachedPercent is { } percent)
            json.WriteNumber("mInAlluxioPercentage", percent);
        json.WriteString("mContentHash", status.File?.Version.Token ?? "");
        json.WriteEndObject();
    }

    /// <summary>As Alluxio writes sizes: a unit is used from five of it on.</summary>
    internal static string HumanReadable(long bytes)
    {
        const double Next = 1024, Enough = 5 * Next;
        if (bytes <= Enough)
            return string.Create(CultureInfo.InvariantCulture, $"{bytes}B");
        double value = bytes / Next;
        int unit = 0;
        for (; value > Enough && unit < Units.Length - 1; unit++)
            value /= Next;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.00}{Units[unit]}");
    }
}
