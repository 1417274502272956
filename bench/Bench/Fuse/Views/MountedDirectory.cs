using System.Diagnostics;

namespace Orleans.Cache.Bench.Fuse.Views;

/// <summary>A directory on which a program mounts something.</summary>
internal sealed class MountedDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ocache-bench-").FullName;

    /// <summary>By the kernel's table: the directory itself may hang.</summary>
    private bool IsMounted => File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ')[4] == Path);

    /// <summary>Until something is mounted there, or the program has ended.</summary>
    public async Task WaitAsync(Process program)
    {
        for (int attempt = 0; !IsMounted; attempt++)
        {
            if (program.HasExited || attempt == 300)
                throw new InvalidOperationException($"{program.StartInfo.FileName} mounted nothing at {Path}; its last words are above.");
            await Task.Delay(100);
        }
    }

    /// <summary>Unmounts; the program then ends by itself.</summary>
    public async Task UnmountAsync(Process program)
    {
        using (Process unmount = Process.Start("umount", [Path]))
            await unmount.WaitForExitAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await program.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            program.Kill();
        }
    }

    public void Dispose() => Directory.Delete(Path);
}
