using System.Globalization;
using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// Compares the messages below some directories with what their indexes and names say. Changes nothing, takes no lock, follows no symbolic link, and moves no access time. What one look finds is looked at again
/// before it is reported.
/// </summary>
/// <param name="silent">Mounts that do not answer: nothing below them is touched.</param>
public sealed class StoreAudit(AuditOptions options, TimeProvider clock, IReadOnlyList<Mount>? silent = null)
{
    /// <summary>Names of shared inodes that are remembered for the rule that all of them agree.</summary>
    private const int SharedLimit = 2_000_000;

    /// <summary>A difference that changes with every look is given up after so many.</summary>
    private const int LaterLooks = 3;

    private static readonly TimeSpan ShortestRate = TimeSpan.FromSeconds(1);

    private volatile Walk? _run;

    /// <summary>What the run has counted so far. May be read from any thread.</summary>
    public AuditCounts Counts => _run?.Counts ?? new AuditCounts();

    /// <summary>Mailboxes with differences that are still to be looked at again; null during the first look.</summary>
    public int? ToLookAgain => _run?.ToLookAgain is { } left && left >= 0 ? left : null;

    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public StoreReport Run(IReadOnlyList<FilePath> roots, CancellationToken stop = default)
    {
        var run = _run = new Walk(options, clock, silent ?? [], stop);
        run.Enter(roots);
        return run.Finish();
    }

    private sealed class Walk
    {
        private readonly AuditOptions _options;
        private readonly TimeProvider _clock;
        private readonly CancellationToken _stop;
        private readonly AuditTally _tally = new();
        private readonly StoreDescent _descent;
        private readonly StagedNames _staged;
        private readonly ReadBudget _budget;
        private readonly MessageReader _reader;
        private readonly CyrusLook _cyrus;
        private readonly MaildirLook _maildir;
        private readonly DboxLook _dbox;
        private readonly SpoolLook _spool;
        private readonly List<(MailboxSight Sight, long At)> _doubtful = [];
        private readonly List<NamedMessage> _shared = [];
        private readonly ProcReader _processes = new();
        private readonly (long? Forks, long At) _start;
        private FilePath? _partition;
        private volatile int _toLookAgain = -1;

        public Walk(AuditOptions options, TimeProvider clock, IReadOnlyList<Mount> silent, CancellationToken stop)
        {
            (_options, _clock, _stop) = (options, clock, stop);
            _descent = new StoreDescent(_tally, silent);
            _staged = new StagedNames(_tally);
            _budget = new ReadBudget(options, clock, stop);
            _reader = new MessageReader(_budget, _tally);
            _cyrus = new CyrusLook(_reader, _staged, _tally, _budget, options.Choice, clock);
            _maildir = new MaildirLook(_reader, _tally, _budget, options.Choice);
            _dbox = new DboxLook(_reader, _tally, options.Choice);
            _spool = new SpoolLook(_reader, _tally, options.Choice, new MountReader().Read().Mounts, clock);
            _start = (_processes.ForksSinceBoot(), clock.GetTimestamp());
        }

        public AuditCounts Counts => _tally.Counts;

        /// <summary>Less than 0 during the first look.</summary>
        public int ToLookAgain => _toLookAgain;

        public void Enter(IReadOnlyList<FilePath> roots) => _descent.Enter(roots, Visit);

        public StoreReport Finish()
        {
            var damages = new List<Damage>();
            var contradictions = Contradictions();
            _toLookAgain = _doubtful.Count;
            foreach (var (sight, at) in _doubtful)
            {
                damages.AddRange(Confirmed(sight, at));
                _toLookAgain--;
            }
            damages.AddRange(contradictions.Where(c => !damages.Any(d => d.Suspect.File?.Identity == c.Suspect.File?.Identity)).Where(StillContradicts));
            var shared = _shared.ToLookup(m => m.Identity);
            var hazards = _staged.Hazards();
            return new StoreReport(
                [.. damages.Select(d => WithNames(d, shared)).OrderBy(d => d.Path)], hazards, _tally.Counts with { Duration = _clock.GetElapsedTime(_start.At) }, _tally.AllNotSeen(),
                hazards.Count > 0 ? Cycle() : null);
        }

        private void Visit(FileDescriptor directory, FilePath path, int depth)
        {
            _stop.ThrowIfCancellationRequested();
            List<byte[]> inner = [], files = [];
            if (depth == 0)
                _spool.NoteRoot(path);
            var (hasIndex, hasMessages, hasCur, hasNew, hasSum, hasDbox) = (false, false, false, false, false, false);
            var error = Listing.ForEach(
                directory,
                (name, _, kind) =>
                {
                    hasIndex |= name.SequenceEqual(CyrusLook.IndexName);
                    hasMessages |= kind != FileKind.Directory && CyrusLook.UidOf(name) is not null;
                    hasSum |= name.SequenceEqual("maildirsize"u8);
                    hasDbox |= DboxLook.UidOf(name) is not null;
                    if (kind == FileKind.Unknown && directory.Stat(name).TryGet(out var status))
                        kind = status.Kind;
                    // Not the names of a million messages.
                    if (kind == FileKind.Regular && !hasIndex && !hasMessages && !hasDbox && SpoolLook.MayBe(name))
                        files.Add(name.ToArray());
                    if (kind != FileKind.Directory || name.SequenceEqual(".ops-quarantine"u8))
                        return;
                    hasCur |= name.SequenceEqual("cur"u8);
                    hasNew |= name.SequenceEqual("new"u8);
                    inner.Add(name.ToArray());
                },
                _stop);
            if (error != Errno.None)
                _tally.NotSeen(path, $"cannot be listed to its end: {error}");
            var outer = _partition;
            if (inner.Any(n => StagedNames.IsStagingDirectory(n)))
                _partition = path;
            if (hasIndex)
                Take(_cyrus.Look(directory, path, LookScope.First));
            else if (hasMessages)
                _tally.NotSeen(path, "it has files that are named as Cyrus names messages, and no cyrus.index: the index is in a metapartition, or lost");
            if (hasDbox && path.Name.SequenceEqual(DboxLook.DirectoryName))
                Take(_dbox.Look(directory, path, LookScope.First));
            var outerSum = _maildir.Sum;
            var sum = hasCur && hasNew && hasSum ? _maildir.Sum = new MaildirSum() : null;
            if (hasCur && hasNew)
                Take(_maildir.Look(directory, path, LookScope.First));
            if (!hasIndex && !hasMessages && !hasDbox && !(hasCur && hasNew))
                LookAtSpools(directory, path, files);
            // Staging names first: a message that is linked to one is always read.
            foreach (var name in inner.Where(n => StagedNames.IsStagingDirectory(n)))
                _descent.Into(directory, path, name, depth, ReadStaged);
            foreach (var name in inner.Where(n => !StagedNames.IsStagingDirectory(n) && !(hasCur && hasNew && IsMaildirPart(n))))
                _descent.Into(directory, path, name, depth, Visit);
            if (sum is not null)
                _maildir.CompareSum(directory, sum);
            (_partition, _maildir.Sum) = (outer, outerSum);
        }

        private void LookAtSpools(FileDescriptor directory, FilePath path, List<byte[]> files)
        {
            foreach (var name in files)
            {
                _stop.ThrowIfCancellationRequested();
                if (_spool.Look(directory, name, path.Join(name), LookScope.First) is { } sight)
                    Take(sight);
            }
        }

        private void ReadStaged(FileDescriptor directory, FilePath path, int depth)
        {
            foreach (var name in _staged.Read(directory, path))
                _descent.Into(directory, path, name, depth, Visit);
        }

        private void Take(MailboxSight sight)
        {
            if (_partition is { } partition && sight.IndexVersion is { } version)
                _staged.NoteVersion(partition, version);
            if (sight.Unseen is not null || sight.Suspects.Count > 0)
                _doubtful.Add((sight, _clock.GetTimestamp()));
            if (_shared.Count + sight.Shared.Count <= SharedLimit)
                _shared.AddRange(sight.Shared);
            else
                _tally.NotSeen("mailboxes whose shared messages were not compared with the other names of their inodes: too many");
        }

        private List<Damage> Confirmed(MailboxSight first, long at)
        {
            List<Damage> confirmed = [];
            var open = first.Suspects;
            var before = first;
            for (var look = 0; look < LaterLooks && (open.Count > 0 || before.Unseen is not null); look++)
            {
                WaitAfter(at);
                at = _clock.GetTimestamp();
                if (Again(before, [.. open.Keys.Select(k => k.Key)]) is not { } again)
                {
                    // The mailbox itself is gone, or has been renamed.
                    _tally.Count(c => c with { Settled = c.Settled + open.Count });
                    return confirmed;
                }
                if (before.Unseen is not null)
                {
                    // What could not be read once is only now known to be unreadable; what can be read has to be looked at from the beginning.
                    if (again.Unseen is not null)
                    {
                        _tally.NotSeen(first.Path, again.Unseen);
                        return confirmed;
                    }
                    (before, open) = (again, again.Suspects);
                    continue;
                }
                var unsteady = new Dictionary<(string, CheckKind), Suspect>();
                foreach (var (key, suspect) in open)
                {
                    var now = again.Suspects.GetValueOrDefault(key);
                    switch (SecondLook.Answer(suspect, now))
                    {
                        case SecondAnswer.Confirmed:
                            confirmed.Add(new Damage(first.System, first.Path, again.Name ?? first.Name, now!));
                            break;
                        case SecondAnswer.Settled:
                            _tally.Count(static c => c with { Settled = c.Settled + 1 });
                            break;
                        default:
                            unsteady[key] = now!;
                            break;
                    }
                }
                open = unsteady;
            }
            _tally.Count(c => c with { Unsettled = c.Unsettled + open.Count });
            return confirmed;
        }

        /// <summary>Null when the mailbox is gone.</summary>
        private MailboxSight? Again(MailboxSight before, HashSet<string> keys)
        {
            var isSpool = SpoolLook.IsOne(before.System);
            if (!FileDescriptor.OpenDirectory((isSpool ? before.Path.Parent : before.Path).Bytes).TryGet(out var directory))
                return null;
            using (directory)
            {
                if (isSpool)
                    return _spool.Look(directory, before.Path.Name, before.Path, new LookScope(keys));
                var scope = before.Unseen is null ? new LookScope(keys) : LookScope.First;
                return before.System switch
                {
                    CyrusLook.SystemName => _cyrus.Look(directory, before.Path, scope),
                    DboxLook.SystemName => _dbox.Look(directory, before.Path, scope),
                    _ => _maildir.Look(directory, before.Path, scope),
                };
            }
        }

        // Where the bytes were read or sizes differ, one of the names is a suspect already; this is for bytes that could not be read.
        private List<Damage> Contradictions() =>
            [.. NameGroups.Disagreeing(_shared).SelectMany(g => g).Select(m => (Message: m, File: FileOf(m))).Where(m => m.File is not null)
                .Select(m => new Damage(CyrusLook.SystemName, m.Message.Mailbox, null, new Suspect(CheckKind.Names, m.Message.Key, m.Message.Claim, m.File)))];

        private bool StillContradicts(Damage damage)
        {
            WaitAfter(_start.At);
            var group = _shared.Where(m => m.Identity == damage.Suspect.File!.Identity).ToList();
            var now = group.Select(m => m.Mailbox).Distinct().SelectMany(path => Again(MailboxSight.Nothing(CyrusLook.SystemName, path, null), [])?.Shared ?? []);
            return NameGroups.Disagreeing(now.Where(m => m.Identity == damage.Suspect.File!.Identity)).SelectMany(g => g).Any(m => m.Mailbox == damage.Mailbox && m.Key == damage.Suspect.Key && m.Claim == damage.Suspect.Claim);
        }

        private static StoredFile? FileOf(NamedMessage message)
        {
            if (!FileDescriptor.OpenDirectory(message.Mailbox.Bytes).TryGet(out var directory))
                return null;
            using (directory)
            {
                return directory.Stat(System.Text.Encoding.ASCII.GetBytes(message.Key)).TryGet(out var status) && status.Identity == message.Identity
                    ? status.As(message.Key)
                    : null;
            }
        }

        private Damage WithNames(Damage damage, ILookup<FileIdentity, NamedMessage> shared) => damage.Suspect.File is not { } file
            ? damage
            : damage with
            {
                OtherNames = [.. shared[file.Identity].Where(m => m.Mailbox != damage.Mailbox || m.Key != damage.Suspect.Key)],
                StagedAs = _staged.Of(file.Identity),
            };

        private PidCycle? Cycle()
        {
            // Over a shorter time the rate is noise.
            _budget.Wait(ShortestRate - _clock.GetElapsedTime(_start.At));
            var seconds = _clock.GetElapsedTime(_start.At).TotalSeconds;
            var files = new ProcFiles(new ReaderOptions());
            if (files.Read("sys/kernel/pid_max"u8, out var most) != Errno.None || !int.TryParse(most, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var pidMax)
                || files.Read("loadavg"u8, out var load) != Errno.None || PidCycle.LastGiven(load) is not { } last || _start.Forks is not { } before || _processes.ForksSinceBoot() is not { } after)
            {
                return null;
            }
            return new PidCycle(pidMax - 1, last, (after - before) / seconds);
        }

        private void WaitAfter(long at) => _budget.Wait(_options.SecondLookAfter - _clock.GetElapsedTime(at));

        private static bool IsMaildirPart(ReadOnlySpan<byte> name) => name.SequenceEqual("cur"u8) || name.SequenceEqual("new"u8) || name.SequenceEqual("tmp"u8);
    }
}
