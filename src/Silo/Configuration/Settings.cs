namespace Orleans.Cache.Silo.Configuration;

/// <summary>Everything that can be configured: the switches, the variables and the keys of a file are all made from this list.</summary>
internal static class Settings
{
    public static readonly Setting Mount = new("mount", "PATH=URI[,option=value...]",
        "Serve an under storage at a path, e.g. /=file:///data or /imagenet=/data/imagenet,mode=immutable. "
        + "Options: mode=bounded|immutable|strict, ttl=60s, max-bandwidth=1GiB, serve-stale. Repeatable. Default: the working directory at /.")
    { Repeatable = true };

    public static readonly Setting Store = new("store", "DIR=SIZE",
        "Keep pages in this directory, up to this size, e.g. /dev/shm/ocache=8GiB. Repeatable. "
        + "Default: ~/.cache/orleans-cache/pages with 10 GiB or a tenth of its disk, whichever is less.")
    { Repeatable = true };

    public static readonly Setting PageSize = new("page-size", "SIZE", "Bytes of a page: a power of two from 64KiB to 16MiB. Default: 1MiB.");

    public static readonly Setting Listen = new("listen", "ADDRESS", "Address to listen on. Beyond loopback it needs --insecure. Default: 127.0.0.1.");

    public static readonly Setting RestPort = new("rest-port", "PORT", "Port of the REST interface; 0 takes any free one and prints it. Default: 28080.");

    public static readonly Setting S3Port = new("s3-port", "PORT|off",
        "Port of the S3 endpoint; 0 takes any free one and prints it, off has none. Default: 29998, or none where that is taken.");

    public static readonly Setting S3Listen = new("s3-listen", "ADDRESS",
        "Address of the S3 endpoint. Beyond loopback it needs --s3-key, or --insecure. Default: --listen.");

    public static readonly Setting S3Domain = new("s3-domain", "HOST",
        "Below this host the first label is a bucket: data.s3.example.com/key is /data/key. Path style always works. Repeatable. Default: none.")
    { Repeatable = true };

    public static readonly Setting S3Region = new("s3-region", "REGION", "Region that S3 requests are signed for. Default: us-east-1.");

    public static readonly Setting S3Key = new("s3-key", "ID,secret=env:VAR|file:PATH[,read=PREFIX][,write=PREFIX]",
        "An access key of the S3 endpoint. read and write, each repeatable, limit it to buckets or bucket/prefix; with neither it may do everything. "
        + "Repeatable. Default: none, and whoever reaches the port may do everything.")
    { Repeatable = true };

    public static readonly Setting S3Bucket = new("s3-bucket", "NAME[=PATH][,public]",
        "Show a directory of the namespace as a bucket of this name; public: it may be read without a key. Repeatable. Default: each directory below / is a bucket.")
    { Repeatable = true };

    public static readonly Setting S3Cors = new("s3-cors", "ORIGIN|*", "Let pages of this origin ask the S3 endpoint from browsers. Repeatable. Default: none.")
    { Repeatable = true };

    public static readonly Setting Fuse = new("fuse", "DIRECTORY[,option=value...]",
        "Mount the cache at this directory as local files, for reading. Options: allow-other, root=/imagenet, uid=1000, gid=1000, umask=022, no-passthrough "
        + "and others (docs/FUSE.md). Default: none.");

    public static readonly Setting Eviction = new("eviction", "POLICY", "What leaves when a store is full: s3fifo or lru. Default: s3fifo.");

    public static readonly Setting ScrubPeriod = new("scrub-period", "DURATION",
        "Compare every cached page with its checksum once in this time, in the background: 1s to 30d, or 0 for never. Default: 7d.");

    public static readonly Setting AlluxioMissingStatus = new("alluxio-missing-status", "500|404",
        "HTTP status by which Alluxio's clients are told that a file does not exist: alluxiofs 1.0.20 to 1.1.18 want 500, later ones 404. Default: 500.");

    public static readonly Setting AlluxioPageSize = new("alluxio-page-size", "SIZE",
        "Bytes of a page as Alluxio's clients count them, a power of two from 64KiB to 16MiB; they must be told the same. Default: 1MiB.");

    public static readonly Setting AlluxioRewriteGuard = new("alluxio-rewrite-guard", "DURATION",
        "Refuse an Alluxio client that replaces a file of 5 MiB or more so soon after it wrote it: it is sending one file in pieces. "
        + "0s to 10m; 0s never refuses. Default: 10s.");

    public static readonly Setting Insecure = new("insecure", "",
        "Listen beyond loopback without authentication: whoever reaches the port reads every mount.")
    { IsFlag = true };

    public static readonly Setting RemoteMounts = new("remote-mounts", "",
        "Let whoever reaches the port add and remove mounts, and so read all that this node's user may read. Else only that user can, on this machine.")
    { IsFlag = true };

    public static readonly Setting Prices = new("prices", "get=N,list=N,egress=N",
        "What object stores take for 1000 GETs, 1000 LISTs and a GiB, for 'ocache status' to say what was saved. "
        + "Default: get=0.0004,list=0.005,egress=0, Amazon's within a region; to the internet egress is about 0.09.");

    public static readonly Setting Otlp = new("otlp", "URL", "Send metrics and traces to this OpenTelemetry collector, e.g. http://127.0.0.1:4317.");

    public static readonly Setting Name = new("name", "NAME", "Stable name of this node: letters, digits, '.', '_' and '-'. Default: the host name.");

    public static readonly Setting Peers = new("peers", "NAME=URL,...",
        "All nodes of the cluster, this one included, e.g. n1=http://10.0.0.1:28080,n2=http://10.0.0.2:28080; --name says which is this one. "
        + "Or dns://HOST:PORT: every address of that name is a node. NAME*WEIGHT gives a node a larger or smaller share. Default: this node alone.");

    public static readonly Setting Cluster = new("cluster", "localhost|adonet:CONNECTION",
        "Join a cluster of Orleans silos: localhost (this machine, for trying out; localhost:PORT names its first silo), or adonet:CONNECTION, whose "
        + "members stand in PostgreSQL, e.g. adonet:Host=db;Database=ocache;Username=ocache. Default: none.");

    public static readonly Setting ClusterId = new("cluster-id", "NAME", "Silos of one id are one cluster. Default: ocache.");

    public static readonly Setting SiloPort = new("silo-port", "PORT", "Port for other silos; 0 takes any free one. Default: 0; on one machine 11111 for the first.");

    public static readonly Setting GatewayPort = new("gateway-port", "PORT", "Port for clients that speak Orleans; nothing of ours does. Default: 0, none.");

    public static readonly Setting Advertise = new("advertise", "ADDRESS",
        "Address by which other nodes of the cluster reach this one. Default: --listen, or where that is 0.0.0.0 the machine's own.");

    public static readonly Setting Weight = new("weight", "NUMBER", "This node's share of the files of the cluster against others'. Default: 1.");

    public static readonly Setting MaxActivations = new("max-activations", "NUMBER",
        "Grains of files and pages that are alive at a time on this silo, about 1.6 KB each. Default: 200000.");

    public static readonly Setting LogLevel = new("log-level", "LEVEL",
        "trace, debug, information, warning, error, critical or none; logs go to standard error. Default: information.");

    /// <summary>Names a file, so it cannot stand in one.</summary>
    public static readonly Setting Config = new("config", "FILE", "Read settings from a YAML or JSON file; keys are the names of the switches.");

    public static IReadOnlyList<Setting> All { get; } =
        [Mount, Store, PageSize, Listen, RestPort, S3Port, S3Listen, S3Domain, S3Region, S3Key, S3Bucket, S3Cors, Fuse, Eviction, ScrubPeriod, AlluxioMissingStatus,
            AlluxioPageSize, AlluxioRewriteGuard, Insecure, RemoteMounts, Prices, Otlp, Name, Peers,
            Cluster, ClusterId, SiloPort, GatewayPort, Advertise, Weight, MaxActivations, LogLevel, Config];
}
