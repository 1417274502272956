using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Orleans.Cache.Gateway.SendFile;

/// <summary>
/// Tells the end of the input only by a read that brings nothing new. Kestrel takes the end that arrives together with a whole
/// body for one in the middle of it, and drops the request and those behind it; a client that ends its sending after
/// its last request would go without its answers.
/// And where a body does break off, Kestrel leaves it as it was read and asks for the next request, which is no way to use a
/// pipe. It is told that there is nothing more: what follows a broken body must not be taken for a request.
/// </summary>
internal sealed class EndLastReader(PipeReader input) : PipeReader, IValueTaskSource<ReadResult>
{
    /// <summary>End of the buffer given last, and whether the reader has looked at all of it.</summary>
    private SequencePosition _end;
    private bool _examinedAll = true;

    /// <summary>A result was given and not advanced over yet.</summary>
    private bool _isOut;
    private bool _isBroken;

    /// <summary>The read that is waited for, and who waits. One at a time, as of every pipe: it needs no object a request.</summary>
    private ValueTask<ReadResult> _reading;
    private Action? _resume;
    private Action<object?>? _continuation;
    private object? _state;

    public override bool TryRead(out ReadResult result)
    {
        if (IsBroken())
        {
            result = Nothing;
            return true;
        }
        bool any = input.TryRead(out result);
        if (any)
            result = Given(result);
        return any;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (IsBroken())
            return new(Nothing);
        ValueTask<ReadResult> reading = input.ReadAsync(cancellationToken);
        if (reading.IsCompletedSuccessfully)
            return new(Given(reading.Result));
        _reading = reading;
        return new(this, token: 0);
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        ValueTask<ReadResult> reading = _reading;
        if (!reading.IsCompleted)
            throw new InvalidOperationException("The read goes on: await it.");
        _reading = default;
        return Given(reading.GetAwaiter().GetResult());
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) =>
        !_reading.IsCompleted ? ValueTaskSourceStatus.Pending
        : _reading.IsCompletedSuccessfully ? ValueTaskSourceStatus.Succeeded
        : _reading.IsCanceled ? ValueTaskSourceStatus.Canceled
        : ValueTaskSourceStatus.Faulted;

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _continuation = continuation;
        _state = state;
        ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter waiting =
            _reading.ConfigureAwait((flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0).GetAwaiter();
        _resume ??= Resume;
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
            waiting.OnCompleted(_resume);
        else
            waiting.UnsafeOnCompleted(_resume);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_isBroken)
            return;
        _isOut = false;
        _examinedAll = examined.Equals(_end);
        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    private static ReadResult Nothing => new(default, isCanceled: false, isCompleted: true);

    private bool IsBroken() => _isBroken |= _isOut;

    /// <summary>Forgotten before it goes on, for it reads again.</summary>
    private void Resume()
    {
        Action<object?> continuation = _continuation!;
        object? state = _state;
        _continuation = null;
        _state = null;
        continuation(state);
    }

    private ReadResult Given(in ReadResult result)
    {
        _isOut = true;
        bool isNew = !_examinedAll || !result.Buffer.End.Equals(_end);
        _end = result.Buffer.End;
        return result.IsCompleted && isNew && !result.Buffer.IsEmpty ? new ReadResult(result.Buffer, result.IsCanceled, isCompleted: false) : result;
    }
}
