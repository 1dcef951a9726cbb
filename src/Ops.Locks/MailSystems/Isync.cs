namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>isync (mbsync).</summary>
    public static MailSystem Isync { get; } = new()
    {
        Name = "isync",
        Title = "isync (mbsync)",
        About = "mbsync keeps the state of a pair of mailboxes in .mbsyncstate in the mailbox, or in a directory of its own. It has an fcntl lock on the .lock next to the state "
            + "while it runs; a .journal and a .new that it leaves behind are replayed by its next run.",
        LookedAt = ["the fcntl lock on the .lock: without one no mbsync is at work on this pair"],
        LeftAlone = [".lock: the next run locks an old one as it is", ".journal and .new: without them the next run makes second copies of messages"],
        Conventions =
        [
            new NotALock
            {
                Form = ".mbsyncstate.lock, :FAR:BOX_:NEAR:BOX.lock",
                What = "handle for the fcntl lock of a running mbsync",
                Name = Pattern.Whole(IsyncNames.State + @"\.lock"),
                Screen = IsyncNames.Screen,
                Why = "Only an fcntl lock on it means anything; a leftover stops nothing, since the next mbsync locks it as it is.",
                Source = "isync src/sync_state.c: prepare_state, lock_state",
            },
            new NotALock
            {
                Form = ".mbsyncstate.journal, .mbsyncstate.new, the same for :FAR:BOX_:NEAR:BOX",
                What = "state of a run that was interrupted, or that goes on",
                Name = Pattern.Whole(IsyncNames.State + @"\.(?:journal|new)"),
                Screen = IsyncNames.Screen,
                AsKind = ArtefactKind.TempFile,
                Why = "The next mbsync replays it. Without it, messages that were copied already are copied a second time.",
                Source = "isync src/sync_state.c: load_state, save_state",
            },
        ],
    };

    private static class IsyncNames
    {
        /// <summary>In the mailbox itself, or <c>:STORE:BOX_:STORE:BOX</c> in a directory of its own.</summary>
        public const string State = @"(?:\.mbsyncstate|:[^:]+:.*_:[^:]+:.*)";

        public static NameScreen Screen { get; } = new(".:", "klw", static name => name[0] == (byte)':' || name.StartsWith(".mbsyncstate."u8));
    }
}
