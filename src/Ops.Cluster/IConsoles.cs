namespace Ops.Cluster;

/// <summary>One run of one console: another start of the same console is another one.</summary>
/// <param name="Address">As it is written in the membership: address, port and generation.</param>
public sealed record ConsoleId(string Address)
{
    public override string ToString() => Address;
}

/// <summary>The consoles that serve one fleet together, as this one knows them. All members may be called from any thread.</summary>
public interface IConsoles
{
    /// <summary>This run of this console.</summary>
    ConsoleId Me { get; }

    /// <summary>False: this console is alone by configuration, and <see cref="Others"/> is always empty.</summary>
    bool IsCluster { get; }

    /// <summary>Whether this one takes part: not while it joins, leaves, or after the others have given it up.</summary>
    bool IsActive { get; }

    /// <summary>Those that are known to be alive, without this one. Another list for each change.</summary>
    IReadOnlyList<ConsoleId> Others { get; }

    /// <summary>True on exactly one console while all agree who is alive: the one that has been in the fleet for longest. For work that is to be done once.</summary>
    /// <remarks>While they disagree there may be two: what must not be done twice needs the database as well.</remarks>
    bool IsFirst { get; }

    /// <summary>Completes when <see cref="Others"/> is no longer <paramref name="seen"/>.</summary>
    Task ChangedAsync(IReadOnlyList<ConsoleId> seen, CancellationToken stop);

    /// <summary>Sends a message to one console and waits for its answer.</summary>
    /// <param name="kind">What it is; a console that does not know it answers with <see cref="UnknownMessageException"/>.</param>
    /// <returns>What its handler returned.</returns>
    /// <exception cref="ConsoleUnreachableException">It did not arrive, or its answer did not: whether it was handled is unknown.</exception>
    Task<byte[]> AskAsync(ConsoleId console, string kind, byte[] body, TimeSpan within, CancellationToken stop = default);
}

/// <summary>Takes what other consoles send. One handler for each kind.</summary>
public interface IConsoleHandler
{
    /// <summary>The kinds of message it takes.</summary>
    IReadOnlyList<string> Kinds { get; }

    /// <summary>Handles one message. Messages of one console may arrive while an earlier one is handled.</summary>
    Task<byte[]> HandleAsync(ConsoleId from, string kind, byte[] body);
}

/// <summary>The other console has ended, cannot be reached, or did not answer in time.</summary>
public class ConsoleUnreachableException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The other console is of a version that does not know this kind of message.</summary>
public sealed class UnknownMessageException(string kind) : ConsoleUnreachableException($"The other console does not know '{kind}'.");

/// <summary>A console that serves its fleet alone.</summary>
public sealed class OneConsole : IConsoles
{
    public ConsoleId Me { get; } = new("alone-" + Guid.NewGuid().ToString("N")[..12]);

    public bool IsCluster => false;

    public bool IsActive => true;

    public IReadOnlyList<ConsoleId> Others => [];

    public bool IsFirst => true;

    public Task ChangedAsync(IReadOnlyList<ConsoleId> seen, CancellationToken stop) => Task.Delay(Timeout.Infinite, stop);

    public Task<byte[]> AskAsync(ConsoleId console, string kind, byte[] body, TimeSpan within, CancellationToken stop = default) =>
        throw new ConsoleUnreachableException("There are no other consoles.");
}
