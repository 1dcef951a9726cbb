namespace Ops.Linux;

/// <summary>A number as the kernel gives it to processes and threads alike.</summary>
internal static class ProcessNumber
{
    /// <summary>
    /// Asks whether a signal could be sent to the process or thread with this number in our pid namespace, and sends none. <see cref="Errno.None"/> and
    /// <see cref="Errno.NotPermitted"/>: it exists. <see cref="Errno.NoSuchProcess"/>: it does not. Zero and less mean groups and are not asked for.
    /// </summary>
    public static Errno Probe(int number) => number <= 0 ? Errno.InvalidArgument : Libc.kill(number, (int)Signal.Probe) == 0 ? Errno.None : FileDescriptor.LastError();

    /// <summary>Kills every process of a group that we made, while its first process was not collected: the number may mean another group after that.</summary>
    public static Errno KillGroup(int number) => number <= 1 ? Errno.InvalidArgument : Libc.kill(-number, (int)Signal.Kill) == 0 ? Errno.None : FileDescriptor.LastError();
}
