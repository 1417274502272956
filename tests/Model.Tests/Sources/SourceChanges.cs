using System.Runtime.InteropServices;
using Orleans.Cache.Model.Tests.Operations;
using Orleans.Cache.Model.Tests.Oracle;

namespace Orleans.Cache.Model.Tests.Sources;

/// <summary>Carries out the operations on the source and records what they make of it. What does not apply to the source as it is does nothing.</summary>
internal sealed class SourceChanges(IChangingSource source, Past past)
{
    public void Apply(SourceOperation operation)
    {
        switch (operation)
        {
            case Put put:
                Put(put);
                break;
            case Delete delete:
                Delete(delete.Path);
                break;
            case DeleteTree tree:
                DeleteTree(tree.Directory);
                break;
            case Move move:
                Move(move.From, move.To);
                break;
            case Touch touch:
                Touch(touch);
                break;
        }
    }

    private void Put(Put put)
    {
        source.AwaitDistinctToken(put.Path);
        past.Change(recorder =>
        {
            Oracle.Version old = recorder.Now(put.Path);
            bool there = old.Kind == Kind.File;
            PutHow how = there ? put.How : PutHow.Replace;
            byte[] content = how switch
            {
                PutHow.Append => [.. old.Content, .. ContentOf(put.Seed, Math.Min(put.Length, MaxLength - old.Content.Length))],
                PutHow.Truncate => old.Content[..Math.Min(put.Length, old.Content.Length)],
                _ => ContentOf(put.Seed, put.Length),
            };
            source.Put(put.Path, content, how);
            MakeParents(recorder, put.Path);
            recorder.Became(put.Path, Kind.File, content).Token = source.TokenOf(put.Path);
        });
    }

    /// <summary>Bytes of a file at most: ten pages of 4 KiB and a bit.</summary>
    public const int MaxLength = (10 * 4096) + 100;

    private void Delete(string path)
    {
        if (past.Now(path).Kind != Kind.File)
            return;
        source.AwaitDistinctToken(path);
        past.Change(recorder =>
        {
            source.Delete(path);
            recorder.Became(path, Kind.Absent);
        });
    }

    private void DeleteTree(string directory)
    {
        if (past.Now(directory).Kind != Kind.Directory)
            return;
        // Deepest first, files before their directories.
        string[] within = [.. Universe.Files.Reverse(), .. Universe.Directories.Reverse()];
        within = [.. within.Where(path => Universe.IsWithin(path, directory) && past.Now(path).Kind != Kind.Absent)];
        source.AwaitDistinctToken(within);
        past.Change(recorder =>
        {
            foreach (string path in within)
            {
                source.Delete(path);
                recorder.Became(path, Kind.Absent);
            }
        });
    }

    private void Move(string from, string to)
    {
        if (past.Now(from).Kind != Kind.File || from == to)
            return;
        source.AwaitDistinctToken(from, to);
        past.Change(recorder =>
        {
            byte[] content = recorder.Now(from).Content;
            source.Move(from, to);
            recorder.Became(from, Kind.Absent);
            MakeParents(recorder, to);
            recorder.Became(to, Kind.File, content).Token = source.TokenOf(to);
        });
    }

    private void Touch(Touch touch)
    {
        if (past.Now(touch.Path).Kind != Kind.File)
            return;
        source.AwaitDistinctToken(touch.Path);
        past.Change(recorder =>
        {
            byte[] content = recorder.Now(touch.Path).Content;
            source.Touch(touch.Path, content, touch.SecondsAgo);
            recorder.Became(touch.Path, Kind.File, content).Token = source.TokenOf(touch.Path);
        });
    }

    internal static void MakeParents(Past.Recorder recorder, string path)
    {
        for (string parent = Universe.ParentOf(path); parent.Length > 0; parent = Universe.ParentOf(parent))
        {
            if (recorder.Now(parent).Kind != Kind.Directory)
                recorder.Became(parent, Kind.Directory);
        }
    }

    /// <summary>Bytes in which every eight tell their place and their seed, so that no two versions agree anywhere.</summary>
    internal static byte[] ContentOf(int seed, int length)
    {
        byte[] content = new byte[length];
        ulong first = (ulong)seed * 0x9E3779B97F4A7C15;
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(content.AsSpan());
        for (int i = 0; i < words.Length; i++)
            words[i] = first ^ ((ulong)i * 0xD6E8FEB86659FD93);
        for (int i = words.Length * sizeof(ulong); i < length; i++)
            content[i] = (byte)(first >> 40);
        return content;
    }
}
