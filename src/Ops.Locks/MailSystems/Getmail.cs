namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>getmail.</summary>
    public static MailSystem Getmail { get; } = new()
    {
        Name = "getmail",
        Title = "getmail",
        About = "getmail 6 locks mailboxes through the kernel only. What it leaves are state files that were not renamed yet.",
        LookedAt = ["the pid at the end of the name"],
        LeftAlone = ["the state file itself"],
        Conventions =
        [
            new StagingFile
            {
                Form = "oldmail-ACCOUNT.tmp.PID",
                What = "next list of messages seen",
                Name = Pattern.Whole($"oldmail-.+\\.tmp\\.({Pattern.Pid})"),
                Screen = Screens.StartsWith("oldmail-"),
                AsKind = ArtefactKind.TempFile,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value)),
                Source = "getmail6 getmailcore/utilities.py: updatefile",
            },
        ],
    };
}
