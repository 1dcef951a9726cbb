namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>getmail 6 locks mailboxes through the kernel only. What it leaves are state files that were not renamed yet.</summary>
    public static MailSystem Getmail { get; } = new()
    {
        Name = "getmail",
        Title = "getmail",
        Conventions =
        [
            new StagingFile
            {
                Name = Pattern.Whole($"oldmail-.+\\.tmp\\.({Pattern.Pid})"),
                Screen = Screens.StartsWith("oldmail-"),
                AsKind = ArtefactKind.TempFile,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value)),
                Source = "getmail6 getmailcore/utilities.py: updatefile",
            },
        ],
    };
}
