using System.Text;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>One line of the kernel's mount table.</summary>
internal readonly record struct MountedFileSystem(string MountPoint, string Type);

/// <summary>The kernel's mount table, as far as we ask it: where file systems of which type are mounted.</summary>
internal static class MountedFileSystems
{
    private const string Table = "/proc/self/mountinfo";

    /// <summary>Empty where the system has no such table.</summary>
    public static IReadOnlyList<MountedFileSystem> Read() => File.Exists(Table) ? Parse(File.ReadLines(Table)) : [];

    /// <summary>Lines as in proc(5): "36 35 98:0 /root /mount/point options [tags...] - type source superoptions".</summary>
    public static IReadOnlyList<MountedFileSystem> Parse(IEnumerable<string> lines)
    {
        var mounted = new List<MountedFileSystem>();
        foreach (string line in lines)
        {
            string[] fields = line.Split(' ');
            int separator = Array.IndexOf(fields, "-");
            if (separator > 4 && fields.Length > separator + 1)
                mounted.Add(new MountedFileSystem(Unescape(fields[4]), fields[separator + 1]));
        }
        return mounted;
    }

    /// <summary>Space, tab, newline and backslash stand as a backslash with three octal digits.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\'))
            return field;
        var text = new StringBuilder(field.Length);
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length)
            {
                text.Append((char)Convert.ToInt32(field.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }
        return text.ToString();
    }
}
