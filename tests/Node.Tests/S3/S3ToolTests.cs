using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Node.Tests.S3;

/// <summary>The tools over a directory.</summary>
public sealed class FileS3ToolTests(FileS3Node node) : S3ToolContract(node), IClassFixture<FileS3Node>;

/// <summary>The tools over a bucket of Ceph.</summary>
[NeedsServer(StorageServer.Radosgw)]
public sealed class RadosgwS3ToolTests(RadosgwS3Node node) : S3ToolContract(node), IClassFixture<RadosgwS3Node>;
