using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What the engine needs of the host; the seam for tests without one.</summary>
public interface IHostWatch
{
    Guid BootId { get; }

    /// <summary>What can never be seen from here, such as other users' descriptors.</summary>
    IReadOnlyList<BlindSpot> Standing { get; }

    /// <summary>Keeps what has been seen of the clock for the next agent of this boot.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    void KeepBootTime();

    AreaScan LookAtLocks(CancellationToken stop);

    /// <summary>What the list of kernel locks comes to now, to know whether a look is worth it; null where that is not known.</summary>
    LockListMark? MarkLocks() => null;

    /// <summary>A look at all locks and leftovers of the stores; a walk through them only where their names are not known (<see cref="AreaScan.IsWhole"/>).</summary>
    AreaScan LookAtStores(CancellationToken stop);

    /// <summary>Begins to report names of locks and leftovers as they change, until it is disposed.</summary>
    /// <param name="changed">Called on a thread of the watch, which waits for it.</param>
    NameWatch WatchStores(Action<StoreChanges> changed) => NameWatch.None;

    /// <summary>A look at single names.</summary>
    NamesLook LookAtNames(IReadOnlyCollection<FilePath> names, CancellationToken stop) => NamesLook.Nothing with { Names = names };

    /// <summary>What can be said within milliseconds of names that were just given; those of <see cref="NamesLook.Names"/> only. A whole look follows.</summary>
    NamesLook LookAtOnce(IReadOnlyCollection<FilePath> names, CancellationToken stop) => NamesLook.Nothing;

    /// <summary>Names of locks and leftovers in directories that were moved, or whose names mean something else now, and those that were known where a directory was.</summary>
    IReadOnlyList<FilePath> NamesIn(IReadOnlyCollection<ChangedDirectory> directories, CancellationToken stop) => [];

    /// <summary>Those of the names at which something is, or of which it is not known. It costs no look.</summary>
    IReadOnlyCollection<FilePath> Existing(IReadOnlyCollection<FilePath> names, CancellationToken stop) => names;

    /// <summary>A walk that compares what is in the stores with what is known of them, bit by bit; null while nothing is known that could be compared.</summary>
    IBookCheck? CheckOfBook() => null;

    /// <summary>Answers the agent of another host about processes and files of this one.</summary>
    ProcessAnswer FindProcesses(ProcessQuestion question) => new("", BootId, DateTimeOffset.MinValue, [], []);

    /// <summary>Takes what agents of other hosts said, while it counts.</summary>
    /// <returns>About whom: host in capitals, and pid.</returns>
    IReadOnlyList<(string Host, int Pid)> HearOtherHosts(OtherHostReport report) => [];

    /// <summary>Takes away what no longer counts.</summary>
    /// <returns>About whom that was.</returns>
    IReadOnlyList<(string Host, int Pid)> ForgetOtherHosts() => [];

    /// <param name="since">When a finding of this key was first seen; null when that is not known.</param>
    ExplainAnswer Explain(string subject, Func<string, DateTimeOffset?> since);
}
