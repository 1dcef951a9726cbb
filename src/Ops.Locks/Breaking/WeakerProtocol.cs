namespace Ops.Locks;

/// <summary>"Rename away, verify, link back": for dot locks on file systems that cannot exchange two names in one step (NFS, some FUSE). Off unless the administrator of
/// the host allows it for the store.</summary>
/// <remarks>Why it is weaker: while the lock's name is absent another process may acquire, and if the file that was renamed away turns out to be a living lock, two may hold it, or
/// one may be left behind. A model of every order of steps finds both; an exchange has neither.</remarks>
public static class WeakerProtocol
{
    /// <summary>Stands among the verbs where a policy says how many approvers it needs.</summary>
    public const string Word = "weaker";

    /// <summary>Without a word in the policy, this many others must have agreed.</summary>
    public const int DefaultApprovers = 1;

    /// <summary>Whether a break of it may have to go that way. Whether it does is known when the exchange is tried.</summary>
    /// <param name="isAllowed">By the policy of the host, for this path.</param>
    public static bool MayBeNeeded(Mount? mount, bool isAllowed) => isAllowed && mount is not { SurelyExchanges: true };
}
