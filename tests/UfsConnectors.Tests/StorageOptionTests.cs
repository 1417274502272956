using Orleans.Cache.Testing;
using Orleans.Cache.UnderStorage;

namespace Orleans.Cache.UfsConnectors.Tests;

/// <summary>URIs and options of object stores, without any store.</summary>
public sealed class StorageOptionTests
{
    private const string Secret = "c2VjcmV0LXRoYXQtbm9ib2R5LXNlZXM=";

    [Theory]
    [InlineData("s3://bucket", "s3://bucket", "")]
    [InlineData("s3://bucket/", "s3://bucket", "region=eu-west-1")]
    [InlineData("s3://bucket/a/b c+d/%41/", "s3://bucket/a/b c+d/%41", "")]
    [InlineData("S3A://bucket/a", "s3://bucket/a", "region=eu-west-1")]
    [InlineData("s3://bucket/a", "s3+https://s3.example.com/bucket/a", "endpoint=https://s3.example.com")]
    [InlineData("s3://bucket", "s3+http://127.0.0.1:9000/x/bucket", "endpoint=http://127.0.0.1:9000/x/")]
    [InlineData("s3+http://127.0.0.1:9000/bucket/a", "s3+http://127.0.0.1:9000/bucket/a", "")]
    [InlineData("az://box/a", "wasbs://box@acct.blob.core.windows.net/a", "account=acct,anonymous")]
    [InlineData("abfss://box@acct.dfs.core.windows.net/a/b", "wasbs://box@acct.blob.core.windows.net/a/b", "anonymous")]
    [InlineData("abfs://box@acct.dfs.core.windows.net", "wasbs://box@acct.blob.core.windows.net", "anonymous")]
    [InlineData("wasbs://box@acct.blob.core.windows.net/a", "wasbs://box@acct.blob.core.windows.net/a", "anonymous")]
    [InlineData("abfss://box@acct.dfs.core.chinacloudapi.cn/a", "wasbs://box@acct.blob.core.chinacloudapi.cn/a", "anonymous")]
    [InlineData("wasbs://box@acct.z01.blob.storage.azure.net/a", "wasbs://box@acct.z01.blob.storage.azure.net/a", "anonymous")]
    [InlineData("wasbs://box@data.example.com:8443/a", "wasbs://box@data.example.com:8443/a", "anonymous")]
    [InlineData("az://box", "wasbs://box@data.example.com", "endpoint=https://data.example.com,anonymous")]
    [InlineData("az://box", "az+http://127.0.0.1:10000/devstoreaccount1/box", "endpoint=http://127.0.0.1:10000/devstoreaccount1,anonymous")]
    public async Task A_URI_names_a_store_a_bucket_and_a_prefix(string uri, string identity, string options)
    {
        await using IUnderStorage storage = Create(uri, options);
        Assert.Equal(identity, storage.Identity.Uri);
        Assert.NotNull(storage.Traffic);
    }

    [Theory]
    [InlineData("s3://", "", "names no bucket")]
    [InlineData("s3:///key", "", "names no bucket")]
    [InlineData("s3://key:secret@bucket/x", "", "access-key=env:VARIABLE")]
    [InlineData("s3://bucket/a//b", "", "single slashes")]
    [InlineData("s3://bucket/../b", "", "without '.' and '..'")]
    [InlineData("s3://bucket", "endpoint=s3.example.com", "endpoint is not a URL")]
    [InlineData("s3://bucket", "endpoint=https://me:secret@s3.example.com", "endpoint is not a URL")]
    [InlineData("s3://bucket", "style=virtual", "style=virtual is unknown; write path or host")]
    [InlineData("s3://bucket", "access-key=AKIA", "takes no secret but where it is")]
    [InlineData("s3://bucket", "access-key=env:OCACHE_TEST_NOT_SET,secret-key=env:OCACHE_TEST_NOT_SET", "'OCACHE_TEST_NOT_SET' is not set")]
    [InlineData("s3://bucket", "access-key=file:/no/such/file,secret-key=file:/no/such/file", "'/no/such/file' cannot be read")]
    [InlineData("s3://bucket", "access-key=env:OCACHE_TEST_SECRET", "belong together")]
    [InlineData("s3://bucket", "profile=p,anonymous", "give one of them")]
    [InlineData("s3://bucket", "kms-key=k", "sse=aws:kms only")]
    [InlineData("s3://bucket", "timeout=soon", "timeout=soon")]
    [InlineData("s3://bucket", "concurrency=0", "concurrency=0 is not a number from 1 to 10000")]
    [InlineData("s3://bucket", "part-size=4", "part-size=4 is not a number from 5 to 64")]
    [InlineData("az://", "account=a", "names no container")]
    [InlineData("az://box", "", "Which storage account?")]
    [InlineData("abfs://box/a", "", "abfs://container@account.dfs.core.windows.net/prefix")]
    [InlineData("wasb://box/a", "", "wasb://container@account.blob.core.windows.net/prefix")]
    [InlineData("wasbs://box@acct.example.com?x/a", "anonymous", "Which storage account?")]
    [InlineData("az://box", "endpoint=http://127.0.0.1:10000/devstoreaccount1", "over https only")]
    [InlineData("az://box", "endpoint=http://127.0.0.1:10000/devstoreaccount1,client-id=mine", "over https only")]
    [InlineData("az://box", "account=a,key=env:OCACHE_TEST_PLAIN", "Base64")]
    [InlineData("az://box", "connection-string=env:OCACHE_TEST_PLAIN", "not a connection string")]
    [InlineData("az://box", "account=a,key=env:OCACHE_TEST_SECRET,anonymous", "give one of them")]
    public void What_does_not_fit_is_refused_with_the_remedy_and_without_the_secret(string uri, string options, string remedy)
    {
        CacheException refused = Assert.Throws<CacheException>(() => Create(uri, options));
        Assert.Equal(CacheError.InvalidArgument, refused.Error);
        Assert.Contains(remedy, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not base64!", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_comes_from_a_variable_or_the_first_line_of_a_file()
    {
        using var directory = new TemporaryDirectory();
        string file = directory.Write("key", "AKIAFILE \nrest"u8);
        await using IUnderStorage s3 = Create("s3://bucket", $"access-key=file:{file},secret-key=env:OCACHE_TEST_SECRET");
        await using IUnderStorage azure = Create("az://box", "account=acct,key=env:OCACHE_TEST_SECRET");
        foreach (IUnderStorage storage in (IUnderStorage[])[s3, azure])
            Assert.DoesNotContain(Secret, storage.Identity.Uri, StringComparison.Ordinal);
    }

    private static IUnderStorage Create(string uri, string options)
    {
        Environment.SetEnvironmentVariable("OCACHE_TEST_SECRET", Secret);
        Environment.SetEnvironmentVariable("OCACHE_TEST_PLAIN", "not base64!");
        Dictionary<string, string> values = options.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(o => o.Split('=')[0], o => o.Contains('=', StringComparison.Ordinal) ? o[(o.IndexOf('=', StringComparison.Ordinal) + 1)..] : "");
        if (uri.StartsWith('s') && !values.ContainsKey("region") && !values.ContainsKey("endpoint"))
            values["region"] = "us-east-1";
        return UnderStorageFactory.Create(uri, new ConnectorOptions { Values = values }, TimeProvider.System);
    }
}
