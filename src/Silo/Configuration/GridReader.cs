using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Orleans.Cache.Client.Cluster;
using Orleans.Cache.Ring;

namespace Orleans.Cache.Silo.Configuration;

/// <summary>Reads how a grid is joined: <c>--cluster</c> and what goes with it.</summary>
internal sealed class GridReader(GivenSettings given, IPAddress listen, ICollection<string> problems)
{
    private const string OneMachine = "localhost";
    private const string Database = "adonet:";

    private static readonly Setting[] OfGrids =
        [Settings.ClusterId, Settings.SiloPort, Settings.GatewayPort, Settings.Advertise, Settings.Weight, Settings.MaxActivations];

    /// <summary>Null where none is joined.</summary>
    public GridOptions? Read()
    {
        if (given.Single(Settings.Cluster) is not { } cluster)
        {
            foreach (Setting lonely in OfGrids.Where(s => given.All(s).Count > 0))
                problems.Add($"{given.All(lonely)[0].Origin} means nothing without --cluster; add it, for example --cluster localhost.");
            return null;
        }
        if (given.All(Settings.Peers).Count > 0)
            problems.Add($"{cluster.Origin} and {given.All(Settings.Peers)[0].Origin} both say who is in the cluster; give one of them.");
        bool oneMachine = cluster.Text.Split(':')[0] == OneMachine;
        string? database = cluster.Text.StartsWith(Database, StringComparison.Ordinal) ? cluster.Text[Database.Length..] : null;
        if (!oneMachine && string.IsNullOrWhiteSpace(database))
            problems.Add($"{cluster.Origin} is neither localhost, localhost:PORT nor adonet:CONNECTION; write for example adonet:Host=db;Database=ocache;Username=ocache.");
        return new GridOptions
        {
            Database = oneMachine ? null : database,
            FirstPort = oneMachine && cluster.Text.Contains(':') ? ReadPort(cluster, cluster.Text[(OneMachine.Length + 1)..]) : GridOptions.FirstSiloPort,
            ClusterId = ReadId(),
            Address = ReadAddress(oneMachine),
            ListensOnAny = !oneMachine && IsAny(listen),
            SiloPort = given.Single(Settings.SiloPort) is { } silo ? ReadPort(silo, silo.Text) : 0,
            GatewayPort = given.Single(Settings.GatewayPort) is { } gateway ? ReadPort(gateway, gateway.Text) : 0,
            Weight = ReadWeight(),
            MaxActivations = ReadMaxActivations(),
        };
    }

    private int ReadPort(GivenValue from, string text)
    {
        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            return port;
        problems.Add($"{from.Origin} {text} is not a port; give 0 to 65535.");
        return 0;
    }

    private string ReadId()
    {
        var standard = new GridOptions();
        if (given.Single(Settings.ClusterId) is not { } id)
            return standard.ClusterId;
        if (id.Text.Length is > 0 and <= 63 && id.Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            return id.Text;
        problems.Add($"{id.Origin} '{id.Text}' is not a cluster's id; use 1 to 63 letters, digits, '.', '_' or '-'.");
        return standard.ClusterId;
    }

    private IPAddress ReadAddress(bool oneMachine)
    {
        if (given.Single(Settings.Advertise) is { } advertised)
        {
            if (IPAddress.TryParse(advertised.Text, out IPAddress? address) && !IsAny(address))
                return address;
            problems.Add($"{advertised.Origin} {advertised.Text} is not an address that others can reach; give for example 10.0.0.1.");
        }
        if (oneMachine)
            return IPAddress.Loopback;
        return IsAny(listen) ? MachineAddress() : listen;
    }

    private double ReadWeight()
    {
        if (given.Single(Settings.Weight) is not { } text)
            return 1;
        if (double.TryParse(text.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double weight) && weight is >= RingMember.MinWeight and <= RingMember.MaxWeight)
            return weight;
        problems.Add($"{text.Origin} {text.Text} is not a weight; give a number from 1/64 to 64, usually 1.");
        return 1;
    }

    private int ReadMaxActivations()
    {
        const int Least = 1000;
        if (given.Single(Settings.MaxActivations) is not { } text)
            return GridOptions.DefaultMaxActivations;
        if (int.TryParse(text.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int most) && most >= Least)
            return most;
        problems.Add($"{text.Origin} {text.Text} is not a number of activations; give {Least} or more, for example {GridOptions.DefaultMaxActivations}.");
        return GridOptions.DefaultMaxActivations;
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>The first address of the machine that is not its loopback, IPv4 before IPv6.</summary>
    private static IPAddress MachineAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .Where(address => !address.IsIPv6LinkLocal)
        .OrderBy(address => address.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)
        .FirstOrDefault(IPAddress.Loopback);
}
