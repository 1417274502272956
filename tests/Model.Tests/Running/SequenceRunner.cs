using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Oracle;
using Orleans.Cache.Model.Tests.Sources;
using Orleans.Cache.Testing;

namespace Orleans.Cache.Model.Tests.Running;

/// <summary>Carries out a sequence of operations on a fresh engine, one after the other, and checks every answer.</summary>
internal static class SequenceRunner
{
    /// <summary>A sequence takes well under a second; one that is not done by then hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Null where all answers were right, else the first that was wrong.</summary>
    public static async Task<string?> RunAsync(Setup setup, IReadOnlyList<Operation> operations, Figures figures)
    {
        await using IBench bench = await Bench.StartAsync(setup);
        var past = new Past(setup.Freshness, bench.Clock, tokensCount: true);
        var run = new Run(bench, past, new SourceChanges(bench.Source, past), new Writer(bench, past), new Asker(() => bench.Door, past, figures, takesTurns: true), figures);
        // The mount's root is there from the start.
        past.Change(recorder => recorder.Became("", Kind.Directory));
        for (int i = 0; i < operations.Count; i++)
        {
            if (await FailureAsync(run, operations[i]) is { } failure)
                return $"step {i + 1}: {failure}";
        }
        await bench.SettledAsync();
        figures.CountSequence(bench.Evictions);
        return null;
    }

    private static async Task<string?> FailureAsync(Run run, Operation operation)
    {
        try
        {
            return await run.StepAsync(operation).WaitAsync(Patience);
        }
        catch (Exception e)
        {
            return $"it threw {e}";
        }
    }

    private sealed record Run(IBench Bench, Past Past, SourceChanges Changes, Writer Writer, Asker Asker, Figures Figures)
    {
        public async Task<string?> StepAsync(Operation operation)
        {
            switch (operation)
            {
                case Question question:
                    return await Asker.AskAsync(question);
                case Faulted faulted:
                    return await FaultedAsync(faulted);
                case During during:
                    return await DuringAsync(during);
                case WriteOperation write:
                    Figures.CountOperation();
                    return await Writer.ApplyAsync(write);
                case FaultedWrite faulted:
                    Figures.CountFault();
                    return await Writer.ApplyFaultedAsync(faulted);
                case DuringWrite during:
                    return await DuringWriteAsync(during);
            }
            Figures.CountOperation();
            switch (operation)
            {
                case SourceOperation change:
                    Changes.Apply(change);
                    break;
                case Advance advance:
                    await Bench.AdvanceAsync(TimeSpan.FromSeconds(advance.Seconds));
                    break;
                case Restart restart:
                    await RestartAsync(restart);
                    break;
            }
            return null;
        }

        /// <summary>What the fault does is over when the step is: fills that it met are waited for.</summary>
        private async Task<string?> FaultedAsync(Faulted faulted)
        {
            Figures.CountFault();
            await Bench.SettledAsync();
            Misbehaviour.Arm(Bench.Storage, faulted.Fault);
            string? complaint = await Asker.AskAsync(faulted.Inner, Misbehaviour.ExcuseOf(faulted.Fault));
            await Bench.SettledAsync();
            Misbehaviour.Disarm(Bench.Storage);
            return complaint;
        }

        private async Task<string?> DuringAsync(During during)
        {
            Figures.CountFault();
            UfsHold hold = Bench.Storage.Hold(during.Held);
            Task<string?> outer = Asker.AskAsync(during.Outer);
            // It may not need such a request.
            await Task.WhenAny(outer, hold.ArrivedAsync());
            // Begun, not ended: it may have to wait for the same request.
            Task<string?> inner = StepAsync(during.Inner);
            hold.Release();
            return await outer ?? await inner;
        }

        private async Task<string?> DuringWriteAsync(DuringWrite during)
        {
            Figures.CountFault();
            UfsHold hold = Bench.Storage.Hold(during.AfterCommit ? UfsRequest.WriteAnswer : UfsRequest.Write);
            Task<string?> write = Writer.ApplyAsync(during.Outer);
            // It may have nothing to do.
            await Task.WhenAny(write, hold.ArrivedAsync());
            string? complaint = await Asker.AskAsync(during.Inner);
            hold.Release();
            return complaint ?? await write;
        }

        private async Task RestartAsync(Restart restart)
        {
            Figures.CountRestart();
            if (restart.How == RestartHow.Damage)
                Figures.CountFault();
            Window window = Past.Begin();
            if (await Bench.RestartAsync(restart))
                Past.EndBelief("", recursive: true, Past.End(window));
        }
    }
}
