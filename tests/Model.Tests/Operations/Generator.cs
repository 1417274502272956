using Orleans.Cache.Model.Tests.Oracle;
using Orleans.Cache.Model.Tests.Sources;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Operations;

/// <summary>Draws operations. The same random numbers give the same operations.</summary>
/// <param name="random">Where from.</param>
/// <param name="inPlace">Whether files may be changed in place.</param>
/// <param name="restarts">How many of a thousand steps restart a node.</param>
/// <param name="canMisbehave">Whether the source can be told to fail and to wait.</param>
internal sealed class Generator(Random random, bool inPlace, int restarts = 2, bool canMisbehave = true)
{
    public const int Slots = 4;

    private static readonly int[] Boundaries = [0, 1, 7, 4095, 4096, 4097, 8191, 8192, 16384, 40960];
    private static readonly UfsRequest[] Holdable = [UfsRequest.Status, UfsRequest.Open, UfsRequest.Read, UfsRequest.List];

    private int _seed;

    /// <summary>Files first: a sequence that starts from nothing asks for what is not there most of the time.</summary>
    public Operation[] Sequence(int count)
    {
        var operations = new Operation[count];
        for (int i = 0; i < count; i++)
            operations[i] = i < Universe.Files.Length ? AnyPut() : Next();
        return operations;
    }

    private Operation Next() => random.Next(1000 + restarts) switch
    {
        < 110 => Change(),
        < 170 => Write(),
        < 890 => Ask(),
        < 920 => new Advance(random.Next(4) == 0 ? random.Next(60, 100) : random.Next(1, 8)),
        < 1000 => canMisbehave ? WithMisbehaviour() : Ask(),
        _ => new Restart((RestartHow)random.Next(3), random.Next()),
    };

    private Operation WithMisbehaviour() => random.Next(80) switch
    {
        < 10 => new FaultedWrite(OneStep(), random.Next(2) == 0),
        < 40 => new Faulted(Ask(), (Fault)random.Next(Enum.GetValues<Fault>().Length)),
        < 65 => During(),
        _ => new DuringWrite(OneStep(), random.Next(2) == 0, Ask()),
    };

    public Question Ask() => random.Next(100) switch
    {
        < 60 => new Read(AnyFile(), AnyOffset(), AnyLength(), random.Next(3) == 0),
        < 72 => new Stat(random.Next(8) == 0 ? Universe.Directories[random.Next(1, Universe.Directories.Length)] : AnyFile()),
        < 77 => new List(AnyDirectory(), random.Next(3) == 0),
        < 83 => new Open(random.Next(Slots), AnyFile()),
        < 93 => new ReadOpen(random.Next(Slots), AnyOffset(), AnyLength()),
        < 98 => new Free(AnyFile()),
        _ => new FreeTree(AnyDirectory()),
    };

    public SourceOperation Change() => random.Next(100) switch
    {
        < 74 => AnyPut(),
        < 81 => new Delete(AnyFile()),
        < 82 => new DeleteTree(Universe.Directories[random.Next(1, Universe.Directories.Length)]),
        < 90 => new Move(AnyFile(), AnyFile()),
        _ => new Touch(AnyFile(), random.Next(2) * random.Next(100_000)),
    };

    public WriteOperation Write() => random.Next(12) == 0 ? new DeleteTreeThrough(Universe.Directories[random.Next(1, Universe.Directories.Length)]) : OneStep();

    /// <summary>A write that the under storage does in one step.</summary>
    private WriteOperation OneStep() => random.Next(100) switch
    {
        < 60 => new PutThrough(AnyFile(), Math.Min(AnyLength(), SourceChanges.MaxLength), ++_seed),
        < 75 => new DeleteThrough(AnyFile()),
        < 92 => new MoveThrough(AnyFile(), AnyFile()),
        _ => new MakeDirectoryThrough(Universe.Directories[random.Next(1, Universe.Directories.Length)]),
    };

    /// <summary>A listing that a write runs beside would not be one of one moment.</summary>
    private During During()
    {
        Question outer = Ask();
        Operation inner = random.Next(6) switch
        {
            < 2 => Ask(),
            < 4 when outer is not List => Write(),
            _ => Change(),
        };
        return new During(outer, Holdable[random.Next(Holdable.Length)], inner);
    }

    private Put AnyPut()
    {
        PutHow how = inPlace ? (PutHow)random.Next(Enum.GetValues<PutHow>().Length) : PutHow.Replace;
        return new Put(AnyFile(), Math.Min(AnyLength(), SourceChanges.MaxLength), how, ++_seed);
    }

    private string AnyFile() => Universe.Files[random.Next(Universe.Files.Length)];

    private string AnyDirectory() => Universe.Directories[random.Next(Universe.Directories.Length)];

    private int AnyOffset() => random.Next(3) == 0 ? 0 : AnyLength();

    /// <summary>Small, at the edges of pages, somewhere, or more than there can be.</summary>
    private int AnyLength() => random.Next(5) switch
    {
        0 => random.Next(1, 200),
        1 => Boundaries[random.Next(Boundaries.Length)],
        2 => 2 * SourceChanges.MaxLength,
        _ => random.Next(SourceChanges.MaxLength),
    };
}
