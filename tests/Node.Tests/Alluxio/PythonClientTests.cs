using System.Diagnostics;
using Orleans.Cache.Node.Tests.Python;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Node.Tests.Alluxio;

/// <summary>
/// Python programs against a real node: one that formats its requests as each generation of the client does, with the same HTTP
/// library, and the client itself where it is installed. Each prints a line a check: "ok NAME", or what it got.
/// </summary>
public sealed class PythonClientTests : IAsyncLifetime, IDisposable
{
    private const int Length = 3 * CacheLimits.MiB + 17;

    /// <summary>URLs by string formatting, quoting by requests, bodies by generators: what the wire sees, generation by generation.</summary>
    private const string Generations = """
        import hashlib, sys
        import requests

        node, root = sys.argv[1], sys.argv[2]
        data = open(root + "/data.bin", "rb").read()
        ufs, MB = "file://" + root, 1048576
        session = requests.Session()
        ident = lambda path: hashlib.sha256(path.encode("utf-8")).hexdigest()

        def check(name, got, wanted):
            print("ok " + name if got == wanted else f"{name}: got {str(got)[:200]}")

        def get(url, **kw):
            answer = session.get(node + url, **kw)
            answer.raise_for_status()
            return answer

        def post(url, **kw):
            answer = session.post(node + url, **kw)
            answer.raise_for_status()
            return answer

        def pages(path, suffix):
            whole, page = b"", 0
            while True:
                content = session.get(f"{node}/v1/file/{ident(path)}/page/{page}" + suffix).content
                whole += content
                page += 1
                if len(content) < MB:
                    return whole

        # A: the worker is chosen on the client, page URLs carry the id alone, all seven fields are indexed
        path = ufs + "/data.bin"
        info = get("/v1/info", params={"path": path}).json()[0]
        fields = ["mType", "mName", "mPath", "mUfsPath", "mLastModificationTimeMs", "mLength", "mHumanReadableFileSize"]
        check("A info", [info["mType"], info["mName"], info["mLength"], all(f in info for f in fields)], ["file", "data.bin", len(data), True])
        names = [(e["mName"], e["mType"]) for e in get("/v1/files", params={"path": ufs}).json()]
        check("A files", ("data.bin", "file") in names and ("odd", "directory") in names, True)
        check("A pages", pages(path, ""), data)
        check("A part of a page", get(f"/v1/file/{ident(path)}/page/1?offset=7&length=9").content, data[MB + 7:MB + 16])

        # B and C: the path comes along, as it is
        check("B pages", pages(path, f"?ufsFullPath={path}"), data)
        check("C node", set(get(f"/v1/node?path={path}").json()) >= {"Host", "HttpServerPort"}, True)
        check("C range", get(f"/v1/range/{ident(path)}?ufsFullPath={path}&offset=1000&length=2500000").content, data[1000:2501000])
        chunk = session.get(f"{node}/v1/chunk/{ident(path)}?ufsFullPath={path}&chunkSize={MB}", headers={"transfer-type": "chunked"}, stream=True)
        check("C chunk", b"".join(chunk.iter_content(MB)), data)
        check("C head", get(f"/v1/head/{ident(path)}?ufsFullPath={path}&numOfBytes=1024").content, data[:1024])
        check("C tail", get(f"/v1/tail/{ident(path)}?ufsFullPath={path}&numOfBytes=1024").content, data[-1024:])
        for name in ["a b.txt", "a+b.txt", "100%.txt", "x&y.txt", "\u00fcn\u00ef.txt"]:
            odd = ufs + "/odd/" + name
            check("C " + name, session.get(f"{node}/v1/range/{ident(odd)}?ufsFullPath={odd}&offset=0&length=5").content, b"conte")
        check("C missing", session.get(node + "/v1/info", params={"path": ufs + "/nope"}).status_code, 500)

        # C: writing
        new = ufs + "/w/new.bin"
        post(f"/v1/mkdir/{ident(ufs + '/w')}?ufsFullPath={ufs}/w")
        pieces = lambda: (data[i:i + 65536] for i in range(0, len(data), 65536))
        post(f"/v1/chunk/{ident(new)}?ufsFullPath={new}&chunkSize={MB}", headers={"Content-Type": "application/octet-stream"}, data=pieces())
        check("C written", open(root + "/w/new.bin", "rb").read(), data)
        post(f"/v1/copy/{ident(new)}?srcPath={new}&dstPath={ufs}/w/copy.bin&recursive=False&forced=True")
        post(f"/v1/mv/{ident(new)}?srcPath={new}&dstPath={ufs}/w/moved.bin")
        check("C moved", [e["mName"] for e in get("/v1/files", params={"path": ufs + "/w"}).json()], ["copy.bin", "moved.bin"])
        post(f"/v1/touch/{ident(ufs + '/w/t')}?ufsFullPath={ufs}/w/t")
        post(f"/v1/rm/{ident(ufs + '/w')}?ufsFullPath={ufs}/w&recursive=True&remove_alluxio_only=False")
        check("C removed", session.get(node + "/v1/info", params={"path": ufs + "/w"}).status_code, 500)

        # load, and what the newest ones ask
        check("load", get("/v1/load", params={"path": ufs + "/odd", "opType": "submit", "verbose": "true"}).json()["success"], True)
        check("progress", get("/v1/load", params={"path": ufs + "/odd", "opType": "progress"}).json()["jobState"] in ("RUNNING", "SUCCEEDED"), True)
        check("D ufsInfo", [v["alluxio_path"] for v in get("/v1/ufsInfo").json().values()], ["/data"])
        check("D chunk of a cache path", get(f"/v1/range/{ident('/data/data.bin')}?ufsFullPath=/data/data.bin&offset=0&length=10").content, data[:10])
        check("health", get("/v1/health").text, "worker is active")
        """;

    private const string RealClient = """
        import logging, os, sys
        from urllib.parse import urlsplit
        from alluxiofs import AlluxioFileSystem

        logging.disable(logging.CRITICAL)
        node, root = urlsplit(sys.argv[1]), sys.argv[2]
        data = open(root + "/data.bin", "rb").read()
        ufs = "file://" + root
        fs = AlluxioFileSystem(worker_hosts=f"{node.hostname}:{node.port}", worker_http_port=node.port, skip_instance_cache=True)

        def check(name, got, wanted):
            print("ok " + name if got == wanted else f"{name}: got {str(got)[:200]}")

        def opened():
            with fs.open(ufs + "/data.bin", "rb") as f:
                f.seek(1048570)
                across = f.read(100)
                f.seek(0)
                return across == data[1048570:1048670] and f.read() == data

        check("info", fs.info(ufs + "/data.bin")["size"], len(data))
        check("ls", any("data.bin" in str(entry) for entry in fs.ls(ufs, detail=True)), True)
        check("exists", [fs.exists(ufs + "/data.bin"), fs.exists(ufs + "/nope")], [True, False])
        check("cat_file", fs.cat_file(ufs + "/data.bin", 1000, 2500000), data[1000:2500000])
        check("open", opened(), True)
        fs.mkdir(ufs + "/w")
        fs.write(ufs + "/w/x.bin", data)
        check("write", open(root + "/w/x.bin", "rb").read(), data)
        fs.mv(ufs + "/w/x.bin", ufs + "/w/y.bin")
        check("mv", sorted(os.listdir(root + "/w")), ["y.bin"])
        fs.rm(ufs + "/w", recursive=True)
        check("rm", os.path.exists(root + "/w"), False)
        check("load", fs.alluxio.load(ufs + "/odd"), True)
        """;

    private readonly TemporaryDirectory _directory = new();
    private NodeProcess _node = null!;

    public async Task InitializeAsync()
    {
        byte[] data = new byte[Length];
        new Random(7).NextBytes(data);
        _directory.Write("data/data.bin", data);
        foreach (string name in (string[])["a b.txt", "a+b.txt", "100%.txt", "x&y.txt", "ünï.txt"])
            _directory.Write("data/odd/" + name, "content"u8);
        _node = await NodeProcess.StartAsync("--mount", $"/data=file://{_directory["data"]},rw", "--store", $"{_directory["pages"]}=64MiB");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [PythonFact("requests")]
    public Task Each_generation_gets_what_it_asks_for_on_the_wire() => RunAsync(Generations, checks: 24);

    /// <summary>Installed by users with pip, which the machines of CI cannot reach; its wire is spoken by the test above.</summary>
    [PythonFact("alluxiofs")]
    public Task The_real_client_reads_writes_and_loads() => RunAsync(RealClient, checks: 9);

    private async Task RunAsync(string script, int checks)
    {
        ProgramResult result = await Programs.RunAsync(
            new ProcessStartInfo(PythonFactAttribute.Interpreter, ["-c", script, _node.Rest.GetLeftPart(UriPartial.Authority), _directory["data"]])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            });
        Assert.Equal("", result.Errors);
        Assert.DoesNotContain(result.Lines, line => !line.StartsWith("ok ", StringComparison.Ordinal));
        Assert.Equal(checks, result.Lines.Length);
    }
}
