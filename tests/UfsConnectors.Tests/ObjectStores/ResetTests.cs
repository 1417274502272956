using System.Net.Sockets;
using Orleans.Cache.UfsConnectors.AzureBlob;
using Orleans.Cache.UfsConnectors.ObjectStores;
using Orleans.Cache.UfsConnectors.S3;

namespace Orleans.Cache.UfsConnectors.Tests.ObjectStores;

/// <summary>
/// A store that resets a connection in the moment it was made: HttpClient then throws the socket's own exception and not one of its kinds.
/// The moment cannot be hit at will, so the exception is given.
/// </summary>
public sealed class ResetTests
{
    private static readonly SocketException Reset = new((int)SocketError.NotConnected);

    [Fact]
    public async Task S3() => IsBroken(await Assert.ThrowsAsync<StoreException>(() => S3Failures.TranslateAsync(Task.FromException<int>(Reset))));

    [Fact]
    public async Task Azure() => IsBroken(await Assert.ThrowsAsync<StoreException>(() => AzureFailures.TranslateAsync(Task.FromException<int>(Reset))));

    private static void IsBroken(StoreException failure)
    {
        Assert.Equal(StoreFailure.Broken, failure.Failure);
        Assert.Same(Reset, failure.InnerException);
    }
}
