using System.Diagnostics;

namespace Orleans.Cache.Bench.Fuse.Views;

/// <summary>A mount by a program of its own, which has the data from somewhere else.</summary>
/// <param name="directory">Where it is mounted.</param>
/// <param name="source">Who has the data; ends with the view.</param>
/// <param name="mount">The program.</param>
internal abstract class ProgramView(MountedDirectory directory, IAsyncDisposable source, Process mount) : FuseView
{
    public override string Root => directory.Path;

    public override IReadOnlyList<int> ProcessIds => [mount.Id];

    public override async ValueTask DisposeAsync()
    {
        await directory.UnmountAsync(mount);
        mount.Dispose();
        await source.DisposeAsync();
        directory.Dispose();
    }

    /// <summary>Waits until the files are there and has them cached; what was started for it ends where that fails.</summary>
    protected async Task<FuseView> BeginAsync(FuseData data)
    {
        try
        {
            await directory.WaitAsync(mount);
            await data.FillAsync(this);
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }
}
