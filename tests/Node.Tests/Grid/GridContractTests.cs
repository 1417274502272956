using Orleans.Cache.Node.Tests.Contract;
using Orleans.Cache.Testing.Servers;

namespace Orleans.Cache.Node.Tests.Grid;

/// <summary>The contract of under storages through the front door of three real silos that meet in a database.</summary>
[NeedsServer(PostgresServer.Kind)]
public sealed class GridContractTests(ThreeSilos silos) : FrontDoorContract(silos), IClassFixture<ThreeSilos>;

public sealed class ThreeSilos : ContractNodes
{
    private readonly PostgresServer _postgres;

    public ThreeSilos()
        : this(new PostgresServer())
    {
    }

    private ThreeSilos(PostgresServer postgres)
        : base(3, () => postgres.Grid) => _postgres = postgres;

    public override async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _postgres.DisposeAsync();
    }
}
