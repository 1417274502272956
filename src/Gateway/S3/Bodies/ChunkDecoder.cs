using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Orleans.Cache.Gateway.S3.Auth;
using Orleans.Cache.Gateway.S3.Errors;

namespace Orleans.Cache.Gateway.S3.Bodies;

/// <summary>
/// Takes the framing of aws-chunked bodies off: <c>SIZE[;chunk-signature=SIGNATURE]\r\nDATA\r\n</c> ..., a chunk of size 0, and for some
/// kinds headers behind it. Pure bytes, no I/O.
/// </summary>
/// <remarks>
/// - Data are handed out before the signature over them is verified; a chunk that is not genuine throws before the decoder says that the body is
///   whole, so whoever commits only whole bodies commits no byte of it.
/// - Whatever stands in the stream, the decoder holds one line at most.
/// - <see cref="IsComplete"/> only after everything that the kind of body demands was there and verified.
/// </remarks>
internal sealed class ChunkDecoder(PayloadSignature kind) : IDisposable
{
    private const string SignatureExtension = "chunk-signature=";

    private readonly byte[] _line = new byte[S3Limits.MaxChunkLine];
    private readonly List<KeyValuePair<string, string>> _trailers = [];
    private readonly IncrementalHash? _hash = kind.Key is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private string _previous = kind.Key?.Seed ?? "";
    private string? _signature;
    private long _left;
    private int _lineLength;
    private State _state = State.Size;

    private enum State
    {
        Size,
        Data,
        EndOfData,
        Trailer,
        Complete,
    }

    public bool IsComplete => _state == State.Complete;

    /// <summary>Headers that came behind the last chunk, names in small letters.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Trailers => _trailers;

    /// <summary>Whether the trailers must be signed.</summary>
    private bool IsSigned => kind is { HasTrailer: true, Key: not null };

    private bool IsSignatureThere => _trailers.Count > 0 && _trailers[^1].Key == Requests.S3Headers.TrailerSignature;

    /// <summary>Decodes as much as there is, or as fits.</summary>
    /// <returns>Bytes taken from <paramref name="source"/> and bytes put into <paramref name="target"/>.</returns>
    /// <exception cref="S3Exception">The framing is malformed, a signature is wrong, or something follows the end.</exception>
    public (int Consumed, int Written) Decode(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int consumed = 0, written = 0;
        while (consumed < source.Length)
        {
            if (_state == State.Complete)
                throw Malformed("bytes follow its end");
            if (_state != State.Data)
            {
                consumed += TakeLine(source[consumed..]);
                continue;
            }
            int take = (int)Math.Min(_left, Math.Min(source.Length - consumed, target.Length - written));
            if (take == 0)
                break;
            ReadOnlySpan<byte> data = source.Slice(consumed, take);
            data.CopyTo(target[written..]);
            _hash?.AppendData(data);
            consumed += take;
            written += take;
            _left -= take;
            if (_left == 0)
                _state = State.EndOfData;
        }
        return (consumed, written);
    }

    public void Dispose() => _hash?.Dispose();

    /// <summary>Gathers bytes up to a line's end, and acts on a line that is whole.</summary>
    private int TakeLine(ReadOnlySpan<byte> source)
    {
        int end = source.IndexOf((byte)'\n');
        int take = end < 0 ? source.Length : end + 1;
        if (_lineLength + take > _line.Length)
            throw Malformed($"a line of it is longer than {_line.Length} bytes");
        source[..take].CopyTo(_line.AsSpan(_lineLength));
        _lineLength += take;
        if (end < 0)
            return take;
        ReadOnlySpan<byte> line = _line.AsSpan(0, _lineLength - 1);
        // Trailers of some clients end with a newline alone, and those that are signed count one as written.
        line = line.EndsWith("\r"u8) ? line[..^1] : _state == State.Trailer ? line : throw Malformed("a line does not end with CR LF");
        _lineLength = 0;
        OnLine(line);
        return take;
    }

    private void OnLine(ReadOnlySpan<byte> line)
    {
        switch (_state)
        {
            case State.Size:
                OnSize(line);
                break;
            case State.EndOfData:
                if (!line.IsEmpty)
                    throw Malformed("a chunk is not as long as it says");
                EndChunk();
                _state = State.Size;
                break;
            default:
                OnTrailer(line);
                break;
        }
    }

    private void OnSize(ReadOnlySpan<byte> line)
    {
        int semicolon = line.IndexOf((byte)';');
        ReadOnlySpan<byte> size = semicolon < 0 ? line : line[..semicolon];
        // Fifteen hexadecimal digits are an exbibyte, and cannot overflow.
        if (size.Length is 0 or > 15 || !Utf8Parser.TryParse(size, out _left, out int used, 'x') || used != size.Length)
            throw Malformed("a chunk's size is not a hexadecimal number");
        _signature = semicolon < 0 ? null : SignatureOf(line[(semicolon + 1)..]);
        if (kind.Key is not null && _signature is null)
            throw Malformed("a chunk is not signed");
        if (_left > 0)
        {
            _state = State.Data;
            return;
        }
        EndChunk();
        _state = State.Trailer;
    }

    private void OnTrailer(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty)
        {
            // AWS's own description has an empty line in front of the signature too.
            if (!IsSigned || _trailers.Count == 0 || IsSignatureThere)
                EndTrailers();
            return;
        }
        int colon = line.IndexOf((byte)':');
        if (!kind.HasTrailer || colon <= 0 || _trailers.Count == S3Limits.MaxTrailers)
            throw Malformed("what follows its last chunk is not as its kind demands");
        string name = Encoding.ASCII.GetString(line[..colon]).Trim().ToLowerInvariant();
        _trailers.Add(new(name, Encoding.ASCII.GetString(line[(colon + 1)..]).Trim()));
        // Signed ones end with their signature; the empty line behind it is left out by some clients, and by AWS's own example.
        if (name == Requests.S3Headers.TrailerSignature)
            VerifyTrailers();
    }

    private void EndTrailers()
    {
        if (IsSigned && !IsSignatureThere)
            throw Malformed("its trailing headers are not signed");
        _state = State.Complete;
    }

    /// <summary>The body ended. Whether it may end here.</summary>
    /// <exception cref="S3Exception">IncompleteBody.</exception>
    public void End()
    {
        bool endsWithSignature = _state == State.Trailer && _lineLength == 0 && _trailers.Count > 0;
        if (endsWithSignature)
            EndTrailers();
        if (_state != State.Complete)
            throw S3Error.IncompleteBody("The body ended before its last chunk; nothing was written.").Thrown();
    }

    private void VerifyTrailers()
    {
        if (kind.Key is not { } key)
            return;
        var text = new StringBuilder();
        foreach ((string name, string value) in _trailers)
        {
            if (name != Requests.S3Headers.TrailerSignature)
                text.Append(name).Append(':').Append(value).Append('\n');
        }
        string expected = SigV4.SignTrailer(key.SigningKey, key.Date, key.Scope, _previous, text.ToString());
        if (!SigV4.AreEqual(expected, _trailers[^1].Value))
            throw NotGenuine("the trailing headers");
    }

    private void EndChunk()
    {
        if (kind.Key is not { } key)
            return;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _hash!.GetHashAndReset(hash);
        string expected = SigV4.SignChunk(key.SigningKey, key.Date, key.Scope, _previous, hash);
        if (!SigV4.AreEqual(expected, _signature!))
            throw NotGenuine("a chunk");
        _previous = expected;
    }

    private static string? SignatureOf(ReadOnlySpan<byte> extension) =>
        Encoding.ASCII.GetString(extension).Trim() is var text && text.StartsWith(SignatureExtension, StringComparison.Ordinal) ? text[SignatureExtension.Length..] : null;

    private static S3Exception NotGenuine(string what) =>
        new S3Error(403, "SignatureDoesNotMatch", $"The signature of {what} of the body does not match; nothing was written.").Thrown();

    private static S3Exception Malformed(string why) => S3Error.InvalidRequest($"The aws-chunked body is malformed: {why}; nothing was written.").Thrown();
}
