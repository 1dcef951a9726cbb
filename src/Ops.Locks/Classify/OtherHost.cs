namespace Ops.Locks;

/// <summary>Whether the answer of another host's agent lets the processes of this host decide about a lock that names that host.</summary>
/// <remarks>
/// It does where that host is on this very kernel, as a container with a host name of its own is: then all that could use the file is in the processes that this host sees, and it
/// judges them as ever. A console's word alone frees nothing. On another kernel nothing that uses a file is seen from here, whatever its agent says
/// (docs/decisions/0013).
/// </remarks>
internal static class OtherHost
{
    /// <summary>Adds what was answered.</summary>
    /// <returns>Whether the processes of this host decide.</returns>
    public static bool AddTo(EvidenceList evidence, OwnerClaim claim, FileFacts file, Mount? mount, HostFacts host, JudgingOptions options)
    {
        var names = $"it names {FilePath.Escape(claim.Host!)}, and this is {host.HostName}";
        if (AnswerTo(claim, host) is not { } heard)
        {
            evidence.Add(Questions.ThisHost, Answer.No, "uname", $"{names}: ask that host's agent", blocks: true);
            return false;
        }
        evidence.Add(Questions.ThisHost, Answer.No, "uname", names);
        if (heard.State is not (OtherHostState.Absent or OtherHostState.Reused))
        {
            evidence.Add(Questions.OwnerElsewhere, heard.State == OtherHostState.Alive ? Answer.Yes : Answer.Unknown, heard.Source, heard.Detail, heard.At, blocks: true);
            return false;
        }
        evidence.Add(Questions.OwnerElsewhere, Answer.No, heard.Source, heard.Detail, heard.At);
        if (WhyNot(heard, claim, file, mount, host, options) is { } why)
        {
            evidence.Add(Questions.SameKernel, why.Answer, heard.Source, why.Sentence, heard.At, blocks: true);
            return false;
        }
        evidence.Add(Questions.SameKernel, Answer.Yes, heard.Source, $"{FilePath.Escape(claim.Host!)} runs on the kernel of this host: what could use this file is among the processes seen here", heard.At);
        return true;
    }

    private static OtherHostAnswer? AnswerTo(OwnerClaim claim, HostFacts host)
    {
        var newest = host.OtherHosts.Where(a => a.Pid == claim.Pid && string.Equals(a.Host, claim.Host, StringComparison.OrdinalIgnoreCase)).MaxBy(a => a.At);
        return newest is not null && OtherHostAnswer.Counts(newest.At, host.Now) ? newest : null;
    }

    private static (Answer Answer, string Sentence)? WhyNot(OtherHostAnswer heard, OwnerClaim claim, FileFacts file, Mount? mount, HostFacts host, JudgingOptions options)
    {
        var name = FilePath.Escape(claim.Host!);
        if (claim.HostIsTruncated || claim.HostIsShort || claim.HostIsConfigured || heard.AnsweredBy is not { } by || !claim.Names(by))
            return (Answer.Unknown, $"{name} is not, letter for letter, what a host calls itself: it may be another host than the one that answered");
        if (heard.BootId != host.BootId)
            return (Answer.No, $"{name} runs on another kernel: what has this file open there, or uses it with nothing open, cannot be seen from here");
        if (mount is not { IsLocalDisk: true } || host.SharesLocalDisks is not null)
            return (Answer.Unknown, "its file system may be mounted by other hosts, of which none has answered");
        if (file.ChangedAt.ToDateTimeOffset() - options.GreyZone < host.BootedAt)
            return (Answer.Unknown, $"it was last changed before this kernel booted, when {name} may have been another machine");
        return heard.Doubts is [var doubt, ..] ? (Answer.Unknown, doubt) : null;
    }
}
