using System.Collections;
using System.Net;
using System.Numerics;
using Orleans.Cache.Gateway.Alluxio;
using Orleans.Cache.Gateway.Fuse;
using Orleans.Cache.Identity;
using Orleans.Cache.Pages;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>
/// Turns what was given into <see cref="NodeOptions"/>, or into all problems at once: a user who made three mistakes hears of
/// three.
/// </summary>
internal sealed class NodeOptionsReader
{
    private static readonly string[] EvictionPolicies = ["s3fifo", "lru"];

    private static readonly string[] MissingStatuses = ["500", "404"];

    private readonly GivenSettings _given;
    private readonly IDictionary _environment;
    private readonly string _workingDirectory;
    private readonly List<string> _problems;

    private NodeOptionsReader(GivenSettings given, IDictionary environment, string workingDirectory, List<string> problems)
    {
        _given = given;
        _environment = environment;
        _workingDirectory = workingDirectory;
        _problems = problems;
    }

    /// <param name="switches">What the command line gave.</param>
    /// <param name="environment">The environment's variables.</param>
    /// <param name="workingDirectory">What relative paths start from, and the default mount.</param>
    /// <exception cref="ConfigurationRefusedException">Anything is wrong.</exception>
    public static NodeOptions Read(
        IReadOnlyDictionary<Setting, IReadOnlyList<GivenValue>> switches, IDictionary environment, string workingDirectory)
    {
        var problems = new List<string>();
        var given = new GivenSettings(switches, environment, problems);
        NodeOptions options = new NodeOptionsReader(given, environment, workingDirectory, problems).Read();
        if (problems.Count == 0)
            problems.AddRange(LocalDirectories.Complaints(options, MountedFileSystems.Read()));
        return problems.Count == 0 ? options : throw new ConfigurationRefusedException(problems);
    }

    private NodeOptions Read()
    {
        foreach (Setting setting in _given.Doubled)
            _problems.Add($"{_given.Single(setting)!.Value.Origin} is given more than once; it takes one value.");
        int pageSize = ReadPageSize(Settings.PageSize);
        IPAddress listen = ReadListen();
        string name = ReadName();
        GivenValue? peers = _given.Single(Settings.Peers);
        var peersParser = new PeersParser(name, _problems);
        bool fromDns = peers is { } text && PeersParser.IsDns(text.Text);
        return new NodeOptions
        {
            Name = name,
            Peers = peers is { } list && !fromDns ? peersParser.Parse(list) : [],
            DnsPeers = fromDns ? peersParser.ParseDns(peers!.Value) : null,
            Grid = new GridReader(_given, listen, _problems).Read(),
            Mounts = ReadMounts(),
            Stores = ReadStores(pageSize),
            PageSize = pageSize,
            Listen = listen,
            RestPort = ReadPort(),
            S3 = new S3Reader(_given, listen, ReadFlag(Settings.Insecure), _problems).Read(),
            Fuse = ReadFuse(),
            Eviction = ReadWord(Settings.Eviction, EvictionPolicies, "policies"),
            ScrubPeriod = ReadScrubPeriod(),
            Alluxio = new AlluxioOptions
            {
                MissingStatus = ReadMissingStatus(),
                PageSize = ReadPageSize(Settings.AlluxioPageSize),
                RewriteGuard = ReadRewriteGuard(),
            },
            Otlp = ReadOtlp(),
            LogLevel = ReadLogLevel(),
            RemoteMounts = ReadFlag(Settings.RemoteMounts),
            Prices = PricesParser.Read(_given.Single(Settings.Prices), _problems),
            Origins = Settings.All.Where(s => _given.All(s).Count > 0).ToDictionary(s => s, s => _given.All(s)[0].Origin),
        };
    }

    private List<MountOptions> ReadMounts()
    {
        var parser = new MountParser(_workingDirectory, _problems);
        IReadOnlyList<GivenValue> given = _given.All(Settings.Mount);
        if (given.Count == 0)
            return [parser.WorkingDirectory()];
        List<MountOptions> mounts = [.. given.Select(parser.Parse).OfType<MountOptions>()];
        foreach (IGrouping<CachePath, MountOptions> twice in mounts.GroupBy(m => m.Path).Where(g => g.Count() > 1))
            _problems.Add($"--mount {twice.Key} is given {twice.Count()} times; give each mount a path of its own.");
        return mounts;
    }

    private List<StoreOptions> ReadStores(int pageSize)
    {
        var parser = new StoreParser(_workingDirectory, name => _environment[name] as string, _problems);
        IReadOnlyList<GivenValue> given = _given.All(Settings.Store);
        return given.Count == 0
            ? parser.Default() is { } store ? [store] : []
            : [.. given.Select(g => parser.Parse(g, pageSize)).OfType<StoreOptions>()];
    }

    private int ReadPageSize(Setting setting)
    {
        if (_given.Single(setting) is not { } given)
            return CacheLimits.DefaultPageSize;
        if (ByteSize.TryParse(given.Text, out long bytes) && BitOperations.IsPow2(bytes)
            && bytes is >= CacheLimits.MinPageSize and <= CacheLimits.MaxPageSize)
            return (int)bytes;
        _problems.Add($"{given.Origin} {given.Text} is not a page size; give a power of two from 64KiB to 16MiB, for example 1MiB.");
        return CacheLimits.DefaultPageSize;
    }

    private IPAddress ReadListen()
    {
        bool insecure = ReadFlag(Settings.Insecure);
        if (_given.Single(Settings.Listen) is not { } given)
            return IPAddress.Loopback;
        IPAddress? address = given.Text == "localhost" ? IPAddress.Loopback : null;
        if (address is null && !IPAddress.TryParse(given.Text, out address))
        {
            _problems.Add($"{given.Origin} {given.Text} is not an IP address; give for example 127.0.0.1, ::1 or 0.0.0.0.");
            return IPAddress.Loopback;
        }
        if (!IPAddress.IsLoopback(address) && !insecure)
            _problems.Add($"{given.Origin} {given.Text} listens beyond this machine and whoever reaches the port reads every mount; add --insecure if that is meant.");
        return address;
    }

    private int ReadPort()
    {
        if (_given.Single(Settings.RestPort) is not { } given)
            return NodeOptions.DefaultRestPort;
        if (ushort.TryParse(given.Text, out ushort port))
            return port;
        _problems.Add($"{given.Origin} {given.Text} is not a port; give 0 (any free one) to 65535.");
        return 0;
    }

    private MountArguments? ReadFuse()
    {
        if (_given.Single(Settings.Fuse) is not { } given)
            return null;
        try
        {
            return MountArguments.Parse(given.Text, _workingDirectory);
        }
        catch (CacheException e)
        {
            _problems.Add($"{given.Origin}: {e.Message}");
            return null;
        }
    }

    private TimeSpan ReadScrubPeriod()
    {
        if (_given.Single(Settings.ScrubPeriod) is not { } given)
            return StoreDirectoryOptions.DefaultScrubPeriod;
        if (given.Text == "0")
            return TimeSpan.Zero;
        if (Duration.TryParse(given.Text, out TimeSpan period) && period >= TimeSpan.FromSeconds(1) && period <= TimeSpan.FromDays(30))
            return period;
        _problems.Add($"{given.Origin} {given.Text} is no time to scrub in; give 1s to 30d, for example 7d, or 0 for never.");
        return StoreDirectoryOptions.DefaultScrubPeriod;
    }

    private int ReadMissingStatus() =>
        ReadWord(Settings.AlluxioMissingStatus, MissingStatuses, "statuses") == "404" ? StatusCodes.Status404NotFound : StatusCodes.Status500InternalServerError;

    private TimeSpan ReadRewriteGuard()
    {
        if (_given.Single(Settings.AlluxioRewriteGuard) is not { } given)
            return new AlluxioOptions().RewriteGuard;
        if (Duration.TryParse(given.Text, out TimeSpan guard) && guard <= TimeSpan.FromMinutes(10))
            return guard;
        _problems.Add($"{given.Origin} {given.Text} is no time to guard for; give 0s (never refuse) to 10m, for example 10s.");
        return new AlluxioOptions().RewriteGuard;
    }

    private string ReadName()
    {
        if (_given.Single(Settings.Name) is not { } given)
            return Environment.MachineName;
        // What fits into a host name, a metric label and a file name without quoting.
        if (given.Text.Length is > 0 and <= 63 && given.Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            return given.Text;
        _problems.Add($"{given.Origin} '{given.Text}' is not a node's name; use 1 to 63 letters, digits, '.', '_' or '-'.");
        return given.Text;
    }

    private Uri? ReadOtlp()
    {
        if (_given.Single(Settings.Otlp) is not { } given)
            return null;
        if (Uri.TryCreate(given.Text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https")
            return uri;
        _problems.Add($"{given.Origin} {MountOptions.Redact(given.Text)} is not a collector's URL; write for example http://127.0.0.1:4317.");
        return null;
    }

    private LogLevel ReadLogLevel()
    {
        string[] levels = [.. Enum.GetNames<LogLevel>().Select(n => n.ToLowerInvariant())];
        return _given.Single(Settings.LogLevel) is null
            ? LogLevel.Information
            : Enum.TryParse(ReadWord(Settings.LogLevel, levels, "levels"), ignoreCase: true, out LogLevel level) ? level : LogLevel.Information;
    }

    private string ReadWord(Setting setting, string[] known, string kind)
    {
        if (_given.Single(setting) is not { } given)
            return known[0];
        string word = given.Text.ToLowerInvariant();
        if (!known.Contains(word))
            _problems.Add($"{given.Origin} {given.Text} is unknown.{Suggestion.For(word, known, kind)}");
        return word;
    }

    private bool ReadFlag(Setting setting)
    {
        if (_given.Single(setting) is not { } given)
            return false;
        if (!bool.TryParse(given.Text, out bool value))
            _problems.Add($"{given.Origin} {given.Text} is neither true nor false.");
        return value;
    }
}
