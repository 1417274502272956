using System.Globalization;
using Orleans.Cache.Client.Membership;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>Reads <c>NAME[*WEIGHT]=URL</c>, joined by commas, or <c>dns://HOST[:PORT]</c>.</summary>
internal sealed class PeersParser(string self, ICollection<string> problems)
{
    private const string DnsScheme = "dns";

    public static bool IsDns(string text) => text.StartsWith(DnsScheme + "://", StringComparison.OrdinalIgnoreCase);

    public DnsPeers? ParseDns(GivenValue given)
    {
        if (Uri.TryCreate(given.Text, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0 && uri.Port != 0
            && uri.PathAndQuery is "" or "/" && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0)
            return new DnsPeers(uri.IdnHost, uri.Port < 0 ? NodeOptions.DefaultRestPort : uri.Port);
        problems.Add($"{given.Origin}: '{given.Text}' is not dns://HOST or dns://HOST:PORT; write for example dns://ocache:28080.");
        return null;
    }

    public IReadOnlyList<RingMember> Parse(GivenValue given)
    {
        List<RingMember> members = [.. given.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(part => ParseOne(given.Origin, part)).OfType<RingMember>()];
        foreach (IGrouping<string, RingMember> twice in members.GroupBy(m => m.Name).Where(g => g.Count() > 1))
            problems.Add($"{given.Origin}: node '{twice.Key}' is given {twice.Count()} times; give each node a name of its own.");
        if (members.Count > 0 && members.All(m => m.Name != self))
            problems.Add($"{given.Origin} does not name this node, '{self}'; add it, or say with --name which of {string.Join(", ", members.Select(m => m.Name))} it is.");
        return members;
    }

    private RingMember? ParseOne(string origin, string part)
    {
        int equals = part.IndexOf('=');
        string[] name = (equals < 0 ? "" : part[..equals]).Split('*');
        double weight = 1;
        if (equals <= 0 || name.Length > 2 || (name.Length == 2 && !double.TryParse(name[1], NumberStyles.Float, CultureInfo.InvariantCulture, out weight)))
            return Refuse($"{origin}: '{part}' is not NAME=URL or NAME*WEIGHT=URL; write for example n1=http://10.0.0.1:28080.");
        if (!Uri.TryCreate(part[(equals + 1)..], UriKind.Absolute, out Uri? address) || address.Scheme != "http" || address.PathAndQuery != "/" || address.UserInfo.Length > 0)
            return Refuse($"{origin}: the address of '{name[0]}' is not as http://host:port.");
        var member = new RingMember(name[0], address, weight);
        try
        {
            member.Validate();
            return member;
        }
        catch (CacheException e)
        {
            return Refuse($"{origin}: {e.Message}");
        }
    }

    private RingMember? Refuse(string problem)
    {
        problems.Add(problem);
        return null;
    }
}
