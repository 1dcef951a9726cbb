using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What consoles brought of the answers of other hosts' agents, while it counts; and what this host answers them.</summary>
/// <remarks>May be used from several threads.</remarks>
internal sealed class OtherHostBook(TimeProvider clock)
{
    private const int Most = 1_000;
    private const int LongestName = 255;
    private const int LongestSentence = 400;
    private const int MostDoubts = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Host, int Pid), OtherHostAnswer> _answers = [];

    /// <summary>Those that still count.</summary>
    public IReadOnlyList<OtherHostAnswer> Current
    {
        get
        {
            lock (_gate)
            {
                var now = clock.GetUtcNow();
                return _answers.Count == 0 ? [] : [.. _answers.Values.Where(a => OtherHostAnswer.Counts(a.At, now))];
            }
        }
    }

    /// <summary>Takes what was brought, as far as it could be an answer at all: text is escaped and cut, and what was asked too long ago, or not yet, is left out.</summary>
    /// <returns>About whom something is known now.</returns>
    public IReadOnlyList<(string Host, int Pid)> Take(OtherHostReport report)
    {
        var now = clock.GetUtcNow();
        List<(string, int)> taken = [];
        lock (_gate)
        {
            foreach (var word in report.Words.Where(w => w is { Pid: > 0, Host.Length: > 0 and <= LongestName }))
            {
                var key = (word.Host.ToUpperInvariant(), word.Pid);
                if (!OtherHostAnswer.Counts(word.AskedAt, now) || (_answers.Count >= Most && !_answers.ContainsKey(key)))
                    continue;
                // Answers that were held up on their way do not take the place of a later one.
                if (_answers.TryGetValue(key, out var known) && known.At > word.AskedAt)
                    continue;
                _answers[key] = new OtherHostAnswer(
                    word.Host, word.Pid, Words.OtherHost(word.State), Clean(word.Detail), word.AnsweredBy is { Length: <= LongestName } by ? by : null, word.BootId, word.AskedAt,
                    [.. word.Doubts.OfType<string>().Take(MostDoubts).Select(Clean)]);
                taken.Add(key);
            }
        }
        return taken;
    }

    /// <summary>Takes away what no longer counts.</summary>
    /// <returns>About whom that was.</returns>
    public IReadOnlyList<(string Host, int Pid)> TakeExpired()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            List<(string Host, int Pid)> expired = [.. _answers.Where(a => !OtherHostAnswer.Counts(a.Value.At, now)).Select(a => a.Key)];
            expired.ForEach(key => _answers.Remove(key));
            return expired;
        }
    }

    /// <summary>Answers about this host, for the agent of another.</summary>
    public static ProcessAnswer Answer(ProcessQuestion question, HostReader reader, DateTimeOffset now)
    {
        var name = reader.HostName;
        List<AskedProcess> asked = [.. question.Processes.Where(p => p is { Pid: > 0 }).Take(ProcessQuestion.Most)];
        List<(AskedFile Asked, FileIdentity File)> files = [.. question.Files.OfType<AskedFile>().Take(ProcessQuestion.Most).SelectMany(f => Identity(f) is { } id ? [(f, id)] : Array.Empty<(AskedFile, FileIdentity)>())];
        var boot = reader.Processes.BootId;
        if (asked.Count + files.Count == 0 || question.BootId != boot)
        {
            var other = $"{FilePath.Escape(name)} has booted since it was asked about";
            return new(name, boot, now, [.. asked.Select(p => new ProcessWord(p.Pid, Words.Of(OtherHostState.Unknown), other))], [.. files.Select(f => new FileWord(f.Asked.Dev, f.Asked.Ino, Words.Of(Locks.Answer.Unknown), other))]);
        }
        var host = reader.Look(files.Select(f => f.File).ToHashSet(), asked.Select(p => p.Pid).ToHashSet());
        return new(name, boot, now, [.. asked.Select(p => WordOf(p, host))], [.. files.Select(f => WordOf(f.Asked, f.File, host))]);
    }

    private static ProcessWord WordOf(AskedProcess asked, HostFacts host)
    {
        var (state, detail) = AskedNumbers.Of(asked.Pid, asked.StartTicks, host);
        return new(asked.Pid, Words.Of(state), detail);
    }

    private static FileWord WordOf(AskedFile asked, FileIdentity file, HostFacts host)
    {
        var (used, detail) = AskedNumbers.UseOf(file, host);
        return new(asked.Dev, asked.Ino, Words.Of(used), detail);
    }

    private static FileIdentity? Identity(AskedFile file) =>
        file.Dev.Split(':') is [var major, var minor]
        && uint.TryParse(major, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high) && uint.TryParse(minor, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low)
            ? new FileIdentity(high, low, file.Ino) : null;

    // From another host by way of a console: as hostile as any text.
    private static string Clean(string text) => FilePath.Escape(text.Length <= LongestSentence ? text : text[..LongestSentence] + "…");
}
