using System.Globalization;
using System.Text;

namespace Orleans.Cache.Fuse.Mounting;

/// <summary>A file system as /proc/self/mountinfo shows it.</summary>
/// <param name="Device">major:minor.</param>
/// <param name="Path">Where it is mounted.</param>
/// <param name="Type">Its type, such as "fuse.ocache".</param>
internal readonly record struct MountEntry(string Device, string Path, string Type)
{
    private const string Table = "/proc/self/mountinfo";

    /// <summary>What is mounted at exactly this path, topmost; null: nothing. Touches no file system but /proc.</summary>
    public static MountEntry? At(string path) => Read(File.ReadLines(Table), path);

    /// <summary>See proc(5): id, parent, device, root, mount point, options, optional fields, a dash, type.</summary>
    public static MountEntry? Read(IEnumerable<string> table, string path)
    {
        MountEntry? found = null;
        foreach (string line in table)
        {
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (fields.Length > 5 && dash > 5 && dash + 1 < fields.Length && Unescape(fields[4]) == path)
                found = new MountEntry(fields[2], path, fields[dash + 1]);
        }
        return found;
    }

    /// <summary>Blanks, tabs, line ends and backslashes stand as three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 3 >= text.Length)
            {
                result.Append(text[i]);
                continue;
            }
            result.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
            i += 3;
        }
        return result.ToString();
    }

    /// <summary>The file by which its read-ahead is set.</summary>
    public string ReadAheadFile => string.Create(CultureInfo.InvariantCulture, $"/sys/class/bdi/{Device}/read_ahead_kb");
}
