using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Orleans.Cache.Gateway.Rest.Mounting;

/// <summary>
/// Whose connection it is: the kernel knows the user of every socket of this machine (/proc/net/tcp, proc(5)), so somebody who
/// connects from it needs no password to be known.
/// </summary>
internal static partial class LocalUser
{
    private const int Root = 0;

    // "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ..."
    private const int LocalField = 1;
    private const int RemoteField = 2;
    private const int StateField = 3;
    private const int UserField = 7;
    private const int InodeField = 9;

    /// <summary>A connection that both sides have open. What its process has closed belongs to nobody any more, and stands there as root's.</summary>
    private const string Established = "01";

    /// <summary>Whether the peer is a process of this machine that runs as the user of this one, or as root.</summary>
    /// <param name="peer">The connection's other end.</param>
    /// <param name="own">Our end of it.</param>
    public static bool Owns(IPEndPoint peer, IPEndPoint own)
    {
        if (!IPAddress.IsLoopback(peer.Address))
            return false;
        (string from, string to) = (Text(Plain(peer)), Text(Plain(own)));
        string table = Plain(peer).AddressFamily == AddressFamily.InterNetworkV6 ? "/proc/net/tcp6" : "/proc/net/tcp";
        // A socket of IPv6 that speaks IPv4 stands in the other table, by its mapped address.
        return Find(table, from, to) is { } user ? IsOurs(user) : Find("/proc/net/tcp6", Mapped(from), Mapped(to)) is { } mapped && IsOurs(mapped);
    }

    private static bool IsOurs(uint user) => user == Root || user == GetEffectiveUser();

    private static uint? Find(string table, string from, string to)
    {
        if (!File.Exists(table))
            return null;
        foreach (string line in File.ReadLines(table))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length <= InodeField || fields[LocalField] != from || fields[RemoteField] != to)
                continue;
            return fields[StateField] != Established || fields[InodeField] == "0" ? null : uint.Parse(fields[UserField], CultureInfo.InvariantCulture);
        }
        return null;
    }

    private static IPEndPoint Plain(IPEndPoint end) => end.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(end.Address.MapToIPv4(), end.Port) : end;

    /// <summary>Each 32 bits of the address as they stand in memory, as a number of this machine, in hexadecimal.</summary>
    private static string Text(IPEndPoint end) =>
        string.Concat(MemoryMarshal.Cast<byte, uint>(end.Address.GetAddressBytes()).ToArray().Select(word => word.ToString("X8", CultureInfo.InvariantCulture)))
        + string.Create(CultureInfo.InvariantCulture, $":{end.Port:X4}");

    private static string Mapped(string plain)
    {
        uint marker = BitConverter.IsLittleEndian ? 0xFFFF0000 : 0x0000FFFF;
        return "0000000000000000" + marker.ToString("X8", CultureInfo.InvariantCulture) + plain;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();
}
