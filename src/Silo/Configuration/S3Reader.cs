using System.Globalization;
using System.Net;
using Orleans.Cache.Gateway.S3;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Identity;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>Reads how the S3 endpoint serves: <c>--s3-port</c> and what goes with it.</summary>
internal sealed class S3Reader(GivenSettings given, IPAddress listen, bool insecure, ICollection<string> problems)
{
    private const string Off = "off";

    private static readonly Setting[] Others = [Settings.S3Listen, Settings.S3Domain, Settings.S3Region, Settings.S3Key, Settings.S3Bucket, Settings.S3Cors];

    /// <summary>Null: there is none.</summary>
    public S3EndpointOptions? Read()
    {
        GivenValue? port = given.Single(Settings.S3Port);
        if (port?.Text == Off)
        {
            foreach (Setting lonely in Others.Where(s => given.All(s).Count > 0))
                problems.Add($"{given.All(lonely)[0].Origin} means nothing with --s3-port off; leave one of them out.");
            return null;
        }
        IPAddress address = ReadListen();
        var service = new S3Options
        {
            Region = ReadRegion(),
            Domains = [.. given.All(Settings.S3Domain).Select(ReadDomain).OfType<string>()],
            Keys = [.. given.All(Settings.S3Key).Select(new S3KeyParser(problems).Parse).OfType<AccessKey>()],
            Buckets = [.. given.All(Settings.S3Bucket).Select(ReadBucket).OfType<NamedBucket>()],
            CorsOrigins = [.. given.All(Settings.S3Cors).Select(ReadOrigin).OfType<string>()],
        };
        RequireOnce(service.Keys.Select(k => k.Id), Settings.S3Key);
        RequireOnce(service.Buckets.Select(b => b.Name), Settings.S3Bucket);
        // What --listen itself asks for needs --insecure already.
        if (given.Single(Settings.S3Listen) is not null && !IPAddress.IsLoopback(address) && given.All(Settings.S3Key).Count == 0 && !insecure)
            problems.Add($"The S3 endpoint would listen on {address}, beyond this machine, without keys: give --s3-key, or --s3-listen 127.0.0.1, or --s3-port off, or --insecure if that is meant.");
        // What was asked for, by any of its settings, must be there.
        bool optional = port is null && Others.All(s => given.All(s).Count == 0);
        return new S3EndpointOptions(address, ReadPort(port), optional, service);
    }

    private int ReadPort(GivenValue? port)
    {
        if (port is not { } text)
            return S3Options.DefaultPort;
        if (ushort.TryParse(text.Text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number))
            return number;
        problems.Add($"{text.Origin} {text.Text} is not a port; give 0 (any free one) to 65535, or off.");
        return 0;
    }

    private IPAddress ReadListen()
    {
        if (given.Single(Settings.S3Listen) is not { } text)
            return listen;
        if (text.Text == "localhost")
            return IPAddress.Loopback;
        if (IPAddress.TryParse(text.Text, out IPAddress? address))
            return address;
        problems.Add($"{text.Origin} {text.Text} is not an IP address; give for example 127.0.0.1, ::1 or 0.0.0.0.");
        return IPAddress.Loopback;
    }

    private string ReadRegion()
    {
        if (given.Single(Settings.S3Region) is not { } region)
            return S3Options.DefaultRegion;
        if (region.Text.Length is > 0 and <= 63 && region.Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            return region.Text;
        problems.Add($"{region.Origin} '{region.Text}' is not a region; use letters, digits and '-', for example {S3Options.DefaultRegion}.");
        return S3Options.DefaultRegion;
    }

    private string? ReadDomain(GivenValue domain)
    {
        if (Uri.CheckHostName(domain.Text) == UriHostNameType.Dns)
            return domain.Text.Trim('.');
        problems.Add($"{domain.Origin} '{domain.Text}' is not a host's name; write for example s3.example.com, without a port.");
        return null;
    }

    private NamedBucket? ReadBucket(GivenValue bucket)
    {
        string[] parts = bucket.Text.Split(',', StringSplitOptions.TrimEntries);
        string[] names = parts[0].Split('=', 2);
        bool isPublic = parts.Length == 2 && parts[1] == "public";
        if (parts.Length > 2 || (parts.Length == 2 && !isPublic) || !S3Options.IsBucketName(names[0]))
        {
            problems.Add($"{bucket.Origin} '{bucket.Text}' is not NAME, NAME=PATH or one of them with ,public; write for example models=/data/models,public.");
            return null;
        }
        if (CachePath.TryParse(names.Length == 2 ? names[1] : "/" + names[0], out CachePath path, out string? error))
            return new NamedBucket(names[0], path, isPublic);
        problems.Add($"{bucket.Origin}: {error}");
        return null;
    }

    private string? ReadOrigin(GivenValue origin)
    {
        if (origin.Text == "*" || (Uri.TryCreate(origin.Text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/" && !origin.Text.EndsWith('/')))
            return origin.Text;
        problems.Add($"{origin.Origin} '{origin.Text}' is not an origin; write for example https://app.example.com, or *.");
        return null;
    }

    private void RequireOnce(IEnumerable<string> names, Setting setting)
    {
        foreach (IGrouping<string, string> twice in names.GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1))
            problems.Add($"{setting.Switch} {twice.Key} is given {twice.Count()} times; give each once.");
    }
}
