using System.CommandLine;
using System.Globalization;
using Orleans.Cache.Bench;
using Orleans.Cache.Bench.Servers;

// Each command prints a table; each ratio is against a baseline interleaved in the same run. See bench/README.md.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "Interleaved rounds a row." };
var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 3, Description = "Seconds a round." };
var files = new Option<int>("--files") { DefaultValueFactory = _ => 100_000, Description = "Number of small files." };
var gibibytes = new Option<int>("--gib") { DefaultValueFactory = _ => 16, Description = "GiB that flow through." };

var only = new Option<string?>("--only") { Description = "One size only: 4KiB, 100KiB, 1MiB or 256MiB." };
var hot = new Command("hot", "Hot GETs of 4 KiB to 256 MiB against nginx.") { rounds, seconds, only };
hot.SetAction(a => HotGet.RunAsync(a.GetValue(rounds), a.GetValue(seconds), a.GetValue(only)));
var small = new Command("small", "Random epochs over small files against nginx; index bytes a file.") { files, rounds, seconds };
small.SetAction(a => SmallFiles.RunAsync(a.GetValue(files), a.GetValue(rounds), a.GetValue(seconds)));
var source = new Option<string?>("--only") { Description = "One source only: local or slow." };
var cold = new Command("cold", "First reads of a 2 GiB file, local and behind a slow source.") { rounds, source };
cold.SetAction(a => ColdGet.RunAsync(a.GetValue(rounds), a.GetValue(source)));
var objects = new Option<int>("--objects") { DefaultValueFactory = _ => 10_000, Description = "Number of small objects." };
var s3cold = new Command("s3cold", "First reads from radosgw through the node against the SDK directly.") { rounds, objects };
s3cold.SetAction(a => S3Cold.RunAsync(a.GetValue(rounds), a.GetValue(objects)));
var s3Only = new Option<string?>("--only") { Description = "One part only: get, put or list." };
var s3Objects = new Option<int>("--objects") { DefaultValueFactory = _ => 10_000, Description = "Objects that are put and listed." };
var s3 = new Command("s3", "The S3 endpoint: GETs against nginx, s3rver and radosgw, PUTs against radosgw, keys listed a second.") { rounds, seconds, s3Only, s3Objects };
s3.SetAction(a => S3Front.RunAsync(a.GetValue(rounds), a.GetValue(seconds), a.GetValue(s3Only), a.GetValue(s3Objects)));
var memory = new Command("memory", "Anonymous memory while data flows through.") { gibibytes };
memory.SetAction(a => MemoryBound.RunAsync(a.GetValue(gibibytes)));
var pages = new Option<int>("--pages") { DefaultValueFactory = _ => 1_000_000, Description = "Cached pages." };
var start = new Command("start", "Opening a store with a million pages.") { pages, rounds };
start.SetAction(a => StartUp.RunAsync(a.GetValue(pages), a.GetValue(rounds)));
var ring = new Command("ring", "The hash ring: look-ups, rebuilds, imbalance, what a join moves.") { rounds };
ring.SetAction(a => RingBench.Run(a.GetValue(rounds)));
var peers = new Command("peers", "Pages of 1 MiB between two processes against a raw socket.") { rounds, seconds };
peers.SetAction(a => PeerPages.RunAsync(a.GetValue(rounds), a.GetValue(seconds)));
var cluster = new Command("cluster", "One, two and three nodes on this machine; what landing on the wrong node costs; small files.") { files, rounds, seconds };
cluster.SetAction(a => ClusterNodes.RunAsync(a.GetValue(files), a.GetValue(rounds), a.GetValue(seconds)));
var grid = new Command("grid", "Three silos against three nodes of a static cluster: hot files, opens, first opens, memory of an activation.") { files, rounds, seconds };
grid.SetAction(a => GridNodes.RunAsync(a.GetValue(files), a.GetValue(rounds), a.GetValue(seconds)));
var dialect = new Command("dialect", "Alluxio's REST dialect against the native API.") { rounds, seconds };
dialect.SetAction(a => DialectGet.RunAsync(a.GetValue(rounds), a.GetValue(seconds)));
var program = new Option<string>("--program") { DefaultValueFactory = _ => Path.Combine("artifacts", "ocache", "ocache.dll"), Description = "ocache.dll as './ocache' publishes it." };
var cli = new Command("cli", "Commands of ocache from start to end.") { program, rounds };
cli.SetAction(a => CommandLine.RunAsync(a.GetValue(program)!, a.GetValue(rounds)));
var nothing = new Command("nothing", "The program that does nothing of 'cli'.") { Hidden = true };
nothing.SetAction(_ => { });
var threads = new Option<bool>("--threads") { Description = "A thread a connection." };
var raw = new Command("raw", "The raw server of 'peers'.") { pages, threads };
raw.Hidden = true;
raw.SetAction(a => RawServer.Serve(a.GetValue(pages), a.GetValue(threads)));

return await new RootCommand("Benchmarks of Orleans.Cache.") { hot, small, cold, s3cold, s3, memory, start, ring, peers, cluster, grid, dialect, cli, nothing, raw }.Parse(args).InvokeAsync();
