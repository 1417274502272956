using System.Text;

namespace Orleans.Cache.Node.Tests.Hostile;

/// <summary>Random bytes and randomly damaged requests, from fixed seeds: always a clear answer or a closed connection.</summary>
public sealed class FuzzTests(HostileNode node) : IClassFixture<HostileNode>
{
    private const int RandomConnections = 1000;
    private const int DamagedRequests = 3000;

    private static readonly string[] Requests =
    [
        "GET /api/v1/files/data/big HTTP/1.1\r\nHost: node\r\nRange: bytes=0-99,200-299\r\nIf-Range: \"x\"\r\n\r\n",
        "HEAD /api/v1/files/data/a HTTP/1.1\r\nHost: node\r\n\r\n",
        "GET /api/v1/list/data?limit=10&startAfter=dir%2Fb&recursive=true HTTP/1.1\r\nHost: node\r\n\r\n",
        "GET /api/v1/status/data/dir/b HTTP/1.1\r\nHost: node\r\nAccept: */*\r\n\r\n",
        "POST /api/v1/free HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: 36\r\n\r\n{\"path\":\"/data/dir\",\"recursive\":true}",
        "PUT /api/v1/files/rw/new HTTP/1.1\r\nHost: node\r\nIf-None-Match: *\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "DELETE /api/v1/files/rw/new?recursive=true HTTP/1.1\r\nHost: node\r\n\r\n",
        "POST /api/v1/mkdir?path=%2Frw%2Fdir HTTP/1.1\r\nHost: node\r\nContent-Length: 0\r\n\r\n",
        "POST /api/v1/copy?from=/data/dir&to=/rw/dir&recursive=true HTTP/1.1\r\nHost: node\r\n\r\n",
        "POST /api/v1/move?from=/rw/dir&to=/rw/other HTTP/1.1\r\nHost: node\r\n\r\n",
    ];

    private static readonly string[] Pieces =
        ["..", "/", "%2e%2e/", "%00", "\0", "\r\n", "\n", "\r\n\r\n", " ", "?", "&", "=", "%", "-1", "9223372036854775808", "\xff", "HTTP/1.1", "chunked", "Content-Length: 7\r\n", "outside/canary"];

    [Fact]
    public async Task Random_bytes_are_refused_or_ignored()
    {
        await Parallel.ForAsync(0, RandomConnections, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (seed, _) =>
        {
            var random = new Random(seed);
            byte[] bytes = new byte[random.Next(1, 4000)];
            random.NextBytes(bytes);
            // Every other one looks like text, which gets further.
            if (seed % 2 == 0)
                bytes.AsSpan().ReplaceAnyExcept(System.Buffers.SearchValues.Create([.. Enumerable.Range(9, 118).Select(b => (byte)b)]), (byte)'\n');
            foreach (RawAnswer answer in await node.TryAsync(bytes))
                Assert.InRange(answer.Status, 400, 505);
        });
        await node.AssertUnharmedAsync();
    }

    [Fact]
    public async Task Damaged_requests_are_answered_clearly()
    {
        await Parallel.ForAsync(0, DamagedRequests, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (seed, _) =>
        {
            var random = new Random(seed);
            byte[] damaged = Damage(Encoding.Latin1.GetBytes(Requests[seed % Requests.Length]), random);
            if (random.Next(4) == 0)
                damaged = [.. damaged, .. Damage(Encoding.Latin1.GetBytes(Requests[random.Next(Requests.Length)]), random)];
            await node.TryAsync(damaged);
        });
        await node.AssertUnharmedAsync();
    }

    private static byte[] Damage(byte[] request, Random random)
    {
        List<byte> bytes = [.. request];
        for (int i = random.Next(1, 5); i > 0 && bytes.Count > 2; i--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 16), bytes.Count - at);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 3:
                    bytes.InsertRange(at, Encoding.Latin1.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }
}
