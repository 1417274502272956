using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Python;

/// <summary>Runs the code blocks of docs/PYTHON.md as they stand there against a real node, and compares the bytes that they got.</summary>
public sealed class PythonDocumentTests : IAsyncLifetime, IDisposable
{
    private const string DocumentedNode = "http://127.0.0.1:28080";
    private const string DocumentedSource = "file:///srv/data";
    private const string DocumentedWorker = "worker_hosts=\"127.0.0.1:28080\", worker_http_port=28080";
    private const int RecordBytes = 64 * CacheLimits.KiB;
    private const int Records = 33;
    private const string OddName = "odd name #1 (50%).bin";

    private readonly TemporaryDirectory _directory = new();
    private readonly byte[] _model = new byte[3 * CacheLimits.MiB + 17];
    private readonly byte[] _records = new byte[Records * RecordBytes];
    private NodeProcess _node = null!;

    public async Task InitializeAsync()
    {
        new Random(1).NextBytes(_model);
        new Random(2).NextBytes(_records);
        _directory.Write("data/model.bin", _model);
        _directory.Write("data/exact.bin", _model.AsSpan(0, 2 * CacheLimits.MiB));
        _directory.Write("data/train/records.bin", _records);
        _directory.Write("data/train/" + OddName, "odd"u8);
        Directory.CreateDirectory(_directory["results"]);
        _node = await NodeProcess.StartAsync(
            "--mount", $"/data=file://{_directory["data"]}", "--mount", $"/results=file://{_directory["results"]},rw", "--store", $"{_directory["pages"]}=64MiB");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [PythonFact("requests")]
    public async Task Block_page() => Assert.Equal(
        [Hash(_model), Hash(_model.AsSpan(2 * CacheLimits.MiB, CacheLimits.MiB)), Hash(_model.AsSpan(0, 2 * CacheLimits.MiB)), "b''"],
        await RunAsync("page", "show(model); show(read_page('/data/model.bin', 2)[0]); show(read_file('/data/exact.bin')); print(read_page('/data/model.bin', 9)[0])"));

    [PythonFact("requests")]
    public async Task Block_retries() => Assert.Equal([Hash(_model.AsSpan(0, 1024))], await RunAsync("retries", "show(head)"));

    [PythonFact("requests")]
    public async Task Block_list() => Assert.Equal(
        [$"/data/train/{OddName}", "/data/train/records.bin", $"{_records.Length + 3}", "4"],
        await RunAsync("list", "print(*(file['path'] for file in files), total, len(list(list_files('/data'))), sep='\\n')"));

    [PythonFact("requests")]
    public async Task Block_write()
    {
        Assert.Equal(["200"], await RunAsync("write", "print(answer.status_code)"));
        Assert.Equal("loss 0.2\n", await File.ReadAllTextAsync(_directory["results/epoch-1.txt"]));
    }

    [PythonFact("fsspec", "aiohttp")]
    public async Task Block_fsspec() => Assert.Equal(
        [$"{_model.Length}", Hash(_model.AsSpan(1_500_000, 1000)), Hash("odd"u8)],
        await RunAsync("fsspec", "print(size); show(part); show(sample)"));

    [PythonFact("alluxiofs")]
    public async Task Block_alluxio() => Assert.Equal(
        ["2", $"{_model.Length}", Hash(_model.AsSpan(1_500_000, 1000)), Hash(_model.AsSpan(_model.Length - 1024))],
        await RunAsync("alluxio", "print(len(names)); print(size); show(part); show(end)"));

    [PythonFact("requests")]
    public async Task Block_dataset() => Assert.Equal(
        [$"{Records}", Hash(_records), Hash(_records.AsSpan(RecordBytes, RecordBytes)), Hash(_records.AsSpan(0, RecordBytes))],
        await RunAsync("dataset", """
            import multiprocessing
            import pickle
            print(len(records))
            show(b"".join(records))
            show(pickle.loads(pickle.dumps(records))[1])
            show(multiprocessing.get_context("fork").Pool(2).map(records.__getitem__, [5, 0])[1])
            """));

    [PythonFact("requests", "torch")]
    public async Task Block_torch() => Assert.Equal(
        ["5", Hash([.. Enumerable.Range(0, Records).Select(i => _records.AsSpan(i * RecordBytes, RecordBytes).ToArray()).Order(ByBytes).SelectMany(r => r)])],
        await RunAsync("torch", "print(len(batches)); show(b''.join(sorted(bytes(record.tolist()) for batch in batches for record in batch)))"));

    [Fact]
    public void Every_block_of_the_document_has_its_test()
    {
        string[] tests = [.. GetType().GetMethods().Where(m => m.GetCustomAttribute<PythonFactAttribute>() is not null).Select(m => m.Name.Replace("Block_", "", StringComparison.Ordinal))];
        Assert.Equal(PythonBlocks.All.Keys.Order(), tests.Order());
        Assert.Equal(PythonBlocks.Fences, PythonBlocks.All.Count);
    }

    private static Comparer<byte[]> ByBytes { get; } = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Runs a block with this node instead of the documented one, then the check; gives the lines that it printed.</summary>
    private async Task<string[]> RunAsync(string block, string check)
    {
        const string Show = "import hashlib\ndef show(data): print(hashlib.sha256(data).hexdigest())\n";
        // What a library logs is no error.
        const string Quiet = "import logging\nlogging.disable(logging.CRITICAL)\n";
        string code = Quiet + PythonBlocks.All[block]
            .Replace(DocumentedNode, _node.Rest.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            .Replace(DocumentedWorker, $"worker_hosts=\"{_node.Rest.Authority}\", worker_http_port={_node.Rest.Port}", StringComparison.Ordinal)
            .Replace(DocumentedSource, $"file://{_directory["data"]}", StringComparison.Ordinal) + Show + check;
        ProgramResult result = await Programs.RunAsync(new ProcessStartInfo(PythonFactAttribute.Interpreter, ["-W", "error::UserWarning", "-c", code])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        });
        Assert.Equal("", result.Errors);
        Assert.Equal(0, result.ExitCode);
        return result.Lines;
    }
}
