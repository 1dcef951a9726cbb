using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>From facts and verdict to the line that console and command line show. Pure: everything it needs is handed in.</summary>
/// <param name="nameOfUser">Login name of a uid, or the number as text.</param>
/// <param name="offers">What may be done about the living process behind a verdict; null: nothing.</param>
public sealed class FindingFactory(
    string hostName, JudgingOptions options, Func<uint, string> nameOfUser, Func<Verdict, FilePath, IReadOnlyList<OperatorAction>>? offers = null)
{
    // Findings of one process mostly follow one another.
    private volatile KnownCard? _lastCard;

    /// <summary>A file that is, or looks like, a lock or a leftover.</summary>
    public Finding OfArtefact(ArtefactFacts artefact, Verdict verdict, DateTimeOffset now)
    {
        var file = artefact.File;
        return Common(KeyOf(file.Path, file.Identity), file.Path, verdict) with
        {
            Identity = IdentityOf(file),
            Mailbox = artefact.Subject?.Path.Text,
            User = nameOfUser((artefact.Subject ?? file).Uid),
            AgeSeconds = Seconds(now - options.Youngest(file)),
            Fingerprint = Fingerprint.Of(file, verdict),
            Weaker = verdict.MayNeedWeaker ? true : null,
        };
    }

    /// <summary>One party of one kernel lock: a holder, or a waiter with those it waits for.</summary>
    /// <param name="file">State of the locked file, when it was looked at.</param>
    /// <param name="mailbox">The mailbox that is locked, or that this lock file is named after; null when it is none that is known.</param>
    public Finding OfKernelLock(KernelLockVerdict judged, FileFacts? file, DateTimeOffset now, FilePath? mailbox = null)
    {
        var (entry, party, verdict) = (judged.Entry, judged.Party, judged.Verdict);
        var row = entry.Lock;
        var finding = Common(KeyOf(entry, party), entry.Path ?? NameOf(row.Device), verdict);
        return finding with
        {
            Identity = file is null ? null : IdentityOf(file),
            Mailbox = mailbox?.Text,
            User = file is null ? null : nameOfUser(file.Uid),
            AgeSeconds = party is null ? null : Seconds(now - party.Process.StartedAt),
            Process = finding.Process ?? (party is null ? null : CardOf(party.Process)),
            Lock = new FindingLock(
                Words.Of(row.Class), Words.Of(row.Mode), row.Range, judged.Group, row.Depth, party?.Descriptor, row.Device?.ToString(),
                judged.BlockedBy,
                [.. entry.Parties.Select(p => p.Process.Pid).Where(pid => pid != party?.Process.Pid).Distinct().Order()]),
        };
    }

    /// <summary>What several files or locks say together: a waiter for a dot lock, two holders of one name, an unsafe directory.</summary>
    public Finding OfRelation(Relation relation, DateTimeOffset now)
    {
        var verdict = relation.Verdict;
        var finding = Common("both-" + Digest(relation.Path.Bytes, $"{Words.Of(verdict.Word)} {relation.Apart}"), relation.Path, verdict);
        return finding with
        {
            Identity = relation.File is null ? null : IdentityOf(relation.File),
            User = relation.File is null ? null : nameOfUser(relation.File.Uid),
            // An act on a process names a lock that it holds or waits for, and that has a finding of its own. Only the bytes behind a descriptor can be saved by what is said here.
            Actions = relation.Descriptor is null ? [] : [.. finding.Actions.Where(a => a == Words.Of(OperatorAction.Rescue))],
            AgeSeconds = relation.Since is { } since ? Seconds(now - since) : null,
            Relation = Words.Of(relation.Kind),
            Mailbox = relation.Mailbox?.Text,
            BlockedBy = relation.BlockedBy,
            Cycle = relation.Cycle,
            Descriptor = relation.Descriptor,
        };
    }

    /// <summary>What a finding of this file is called in every scan: a lock that was released and taken again is a different one.</summary>
    public static string KeyOf(FilePath path, FileIdentity identity) => "file-" + Digest(path.Bytes, identity.ToString());

    /// <summary>The same for one party of a kernel lock, which has no name of its own.</summary>
    /// <remarks>The number of the row is a position, not an identity. A descriptor distinguishes two OFD locks of one process; of a POSIX lock,
    /// which belongs to the process, it may be any of several and is left out.</remarks>
    public static string KeyOf(LockEntry entry, LockParty? party)
    {
        var row = entry.Lock;
        var descriptor = row.Class is LockClass.Flock or LockClass.Ofd ? party?.Descriptor : null;
        return "lock-" + Digest([], string.Create(CultureInfo.InvariantCulture,
            $"{row.Class} {row.Device} {row.Start}-{row.End} {row.Mode} {row.Pid} {row.IsWaiter} {party?.Process.Pid} {party?.Process.Identity.StartTicks} {descriptor}"));
    }

    /// <summary>What replaces the path of a file whose name is unknown: the device and inode of its row.</summary>
    public static FilePath NameOf(FileIdentity? device) => FilePath.FromText(device is { } known ? $"[inode {known}]" : "[no inode]");

    private Finding Common(string key, FilePath path, Verdict verdict) => new()
    {
        Key = key,
        Host = hostName,
        Path = path.Text,
        PathBytes = path.IsUtf8 ? null : Convert.ToBase64String(path.Bytes),
        Kind = Words.Of(verdict.Kind),
        System = verdict.System,
        Systems = verdict.Systems,
        Verdict = Words.Of(verdict.Word),
        Summary = verdict.Summary,
        Owner = OwnerOf(verdict.Owner),
        OwnerAlive = verdict.Owner.IsAlive switch { Answer.Yes => true, Answer.No => false, _ => null },
        Evidence = [.. verdict.Evidence.Select(e => new FindingEvidence(e.Question, Words.Of(e.Answer), e.Source, e.Detail, e.At, e.Blocks))],
        Actions = [.. verdict.Actions.Concat(offers?.Invoke(verdict, path) ?? []).Select(Words.Of)],
        SelfHealsAt = verdict.SelfHealsAt,
        Process = verdict.Owner.Process is { } process ? CardOf(process) : null,
    };

    private static FindingOwner? OwnerOf(Owner owner) => owner is { Pid: null, Host: null, Process: null }
        ? null
        : new FindingOwner(owner.Process?.Pid ?? owner.Pid, owner.Host, owner.Process?.Identity.StartTicks, owner.Process?.Identity.BootId, owner.Process?.Command);

    private FindingProcess CardOf(ProcessFacts process)
    {
        if (_lastCard is not { } last || !ReferenceEquals(last.Of, process))
            _lastCard = last = new KnownCard(process, NewCardOf(process));
        return last.Card;
    }

    private FindingProcess NewCardOf(ProcessFacts process) => new(
        process.Pid, process.Identity.StartTicks, process.Identity.BootId, process.ParentPid, process.Command, string.Join(' ', process.CommandLine),
        process.Executable, process.EffectiveUid, process.User ?? (process.EffectiveUid is { } uid ? nameOfUser(uid) : null), process.Unit,
        process.State.ToString(), process.StartedAt, process.NamespacePids);

    internal static FindingIdentity IdentityOf(FileFacts file) => new(
        $"{file.Identity.Major:x2}:{file.Identity.Minor:x2}", file.Identity.Inode, file.LinkCount, file.Size,
        file.ChangedAt.ToDateTimeOffset(), file.ModifiedAt.ToDateTimeOffset(),
        Convert.ToString(file.Mode, 8).PadLeft(4, '0'), file.Uid, file.Gid);

    // A clock set back makes files from the future: those are new, not of negative age.
    private static double Seconds(TimeSpan age) => Math.Round(Math.Max(0, age.TotalSeconds), 3);

    private static string Digest(ReadOnlySpan<byte> bytes, string text) =>
        Convert.ToHexStringLower(SHA256.HashData([.. bytes, 0, .. Encoding.UTF8.GetBytes(text)]).AsSpan(0, 12));

    private sealed record KnownCard(ProcessFacts Of, FindingProcess Card);
}
