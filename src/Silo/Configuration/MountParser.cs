using System.Collections.Frozen;
using System.Globalization;
using Orleans.Cache.Identity;
using Orleans.Cache.Mounts;
using Orleans.Cache.UfsConnectors;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>
/// Reads <c>PATH=URI[,option=value...]</c>. A plain path instead of a URI means the local directory. A comma inside the URI is
/// written %2C.
/// </summary>
internal sealed class MountParser(string workingDirectory, ICollection<string> problems)
{
    /// <summary>Those of every mount; connectors have more.</summary>
    private const long LeastBandwidth = 64 * CacheLimits.KiB;

    private static readonly string[] CommonOptions = ["mode", "ttl", "replicas", "quota", "latency", "bandwidth", "max-bandwidth", "serve-stale", "rw", "ro"];

    /// <summary>Options without a value.</summary>
    private static readonly string[] Flags = ["rw", "ro", "serve-stale"];

    private static readonly string[] Modes = ["bounded", "immutable", "strict"];

    public MountOptions? Parse(GivenValue given)
    {
        string[] parts = given.Text.Split(',');
        int equals = parts[0].IndexOf('=');
        if (equals <= 0 || equals == parts[0].Length - 1)
            return Refuse($"{given.Origin} {MountOptions.Redact(parts[0])} is not PATH=URI; write for example /=file:///data.");
        if (!CachePath.TryParse(parts[0][..equals].Trim(), out CachePath path, out string? error) || parts[0].Trim()[0] != '/')
            return Refuse($"{given.Origin}: '{parts[0][..equals]}' is not a path to mount at; begin it with '/'. {error}".TrimEnd());

        return Parse($"{given.Origin} {path}", path, parts[0][(equals + 1)..].Trim(), parts[1..]);
    }

    /// <param name="where">What complaints begin with.</param>
    /// <param name="path">Where to mount.</param>
    /// <param name="text">A URI, or a plain path.</param>
    /// <param name="given">Options as they were written.</param>
    public MountOptions? Parse(string where, CachePath path, string text, IReadOnlyList<string> given)
    {
        string uri = ToUri(text);
        int before = problems.Count;
        Dictionary<string, string> options = ReadOptions(where, uri, given);
        Freshness freshness = ReadFreshness(where, options);
        TimeSpan latency = ReadDuration(where, options, "latency") ?? TimeSpan.Zero;
        long? quota = ReadSize(where, options, "quota");
        long? bandwidth = ReadSize(where, options, "bandwidth", " (bytes per second)");
        long? maxBandwidth = ReadSize(where, options, "max-bandwidth", " (bytes per second)");
        // Below that a single piece takes longer than a source may say nothing.
        if (maxBandwidth < LeastBandwidth)
            problems.Add($"{where}: max-bandwidth={ByteSize.Format(maxBandwidth.Value)} is less than {ByteSize.Format(LeastBandwidth)} per second; give at least that.");
        int replicas = ReadReplicas(where, options);
        if (freshness.Mode == FreshnessMode.Strict && options.ContainsKey("serve-stale"))
            problems.Add($"{where}: mode=strict asks at each open, serve-stale answers without; give the one that is meant.");
        return problems.Count > before ? null : new MountOptions(path, uri, freshness, latency, bandwidth)
        {
            IsWritable = options.ContainsKey("rw"),
            ServesStale = options.ContainsKey("serve-stale"),
            MaxBandwidth = maxBandwidth,
            Replicas = replicas,
            Quota = quota,
            Given = given,
            Connector = options.Where(o => !CommonOptions.Contains(o.Key)).ToFrozenDictionary(),
        };
    }

    /// <summary>The default mount: the working directory at the root.</summary>
    public MountOptions WorkingDirectory() => new(CachePath.Root, ToUri(workingDirectory), Freshness.Default, TimeSpan.Zero, null);

    /// <summary>In URIs of directories %XX is any byte, and they are read as such; in those of object stores nothing else is escaped.</summary>
    private string ToUri(string text)
    {
        if (!text.Contains("://", StringComparison.Ordinal))
            return "file://" + Escape(Path.GetFullPath(text, workingDirectory));
        return text.StartsWith("file:", StringComparison.OrdinalIgnoreCase) ? text : text.Replace("%2C", ",", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Each component percent-encoded, so that spaces, '%' and '+' of real names come through.</summary>
    private static string Escape(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private Dictionary<string, string> ReadOptions(string where, string uri, IReadOnlyList<string> parts)
    {
        var options = new Dictionary<string, string>();
        string[] known = [.. CommonOptions, .. UnderStorageFactory.OptionsOf(uri)];
        string[] flags = [.. Flags, .. UnderStorageFactory.FlagsOf(uri)];
        foreach (string part in parts)
        {
            int equals = part.IndexOf('=');
            string name = (equals < 0 ? part : part[..equals]).Trim();
            // The value is not repeated here: in an option that we do not know it may be a secret.
            if (!known.Contains(name))
                problems.Add($"{where}: '{name}' is not an option of a mount (a comma in a URI is written %2C).{Suggestion.For(name, known, "options")}");
            else if (flags.Contains(name))
                ReadFlag(where, options, name, hasValue: equals >= 0);
            else if (equals < 0 || equals == part.Length - 1)
                problems.Add($"{where}: option '{name}' has no value; write {name}=VALUE.");
            else if (!options.TryAdd(name, part[(equals + 1)..].Trim()))
                problems.Add($"{where}: option '{name}' is given twice; give it once.");
        }
        return options;
    }

    private void ReadFlag(string where, Dictionary<string, string> options, string name, bool hasValue)
    {
        if (hasValue)
            problems.Add($"{where}: option '{name}' takes no value; write {name} alone.");
        else if (!options.TryAdd(name, ""))
            problems.Add($"{where}: option '{name}' is given twice; give it once.");
        if (name is "rw" or "ro" && options.ContainsKey("rw") && options.ContainsKey("ro"))
            problems.Add($"{where}: both rw and ro are given; give the one that is meant.");
    }

    private Freshness ReadFreshness(string where, Dictionary<string, string> options)
    {
        string mode = options.GetValueOrDefault("mode", "bounded");
        if (!Modes.Contains(mode))
            problems.Add($"{where}: mode={mode} is unknown.{Suggestion.For(mode, Modes, "modes")}");
        if (mode is "immutable" or "strict" && options.ContainsKey("ttl"))
            problems.Add($"{where}: ttl counts with mode=bounded only; leave it out with mode={mode}.");
        TimeSpan ttl = ReadDuration(where, options, "ttl") ?? Freshness.Default.Ttl;
        return mode switch
        {
            "immutable" => Freshness.Immutable,
            "strict" => Freshness.Strict,
            _ => Freshness.Bounded(ttl),
        };
    }

    private int ReadReplicas(string where, Dictionary<string, string> options)
    {
        if (!options.TryGetValue("replicas", out string? text))
            return 1;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int replicas) && replicas is >= 1 and <= Mount.MaxReplicas)
            return replicas;
        problems.Add($"{where}: replicas={text} is not a number of nodes from 1 to {Mount.MaxReplicas}.");
        return 1;
    }

    private TimeSpan? ReadDuration(string where, Dictionary<string, string> options, string name)
    {
        if (!options.TryGetValue(name, out string? text))
            return null;
        if (Duration.TryParse(text, out TimeSpan duration) && duration <= TimeSpan.FromDays(365))
            return duration;
        problems.Add($"{where}: {name}={text} is not {Duration.Form}, a year at most.");
        return null;
    }

    private long? ReadSize(string where, Dictionary<string, string> options, string name, string unit = "")
    {
        if (!options.TryGetValue(name, out string? text))
            return null;
        if (ByteSize.TryParse(text, out long bytes) && bytes > 0)
            return bytes;
        problems.Add($"{where}: {name}={text} is not {ByteSize.Form}{unit}.");
        return null;
    }

    private MountOptions? Refuse(string problem)
    {
        problems.Add(problem);
        return null;
    }
}
