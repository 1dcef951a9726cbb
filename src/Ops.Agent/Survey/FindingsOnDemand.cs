using System.Collections;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Findings of kernel locks, each made while the list is gone through and not kept: a hundred thousand of them take ten times the memory of the facts that they are made
/// from. A caller that needs them twice keeps them.</summary>
/// <param name="locks">In the order of the findings.</param>
/// <param name="make">Asked for each lock in turn.</param>
/// <param name="others">Findings that come after them.</param>
internal sealed class FindingsOnDemand(IReadOnlyList<KernelLockVerdict> locks, Func<KernelLockVerdict, Finding> make, IReadOnlyList<Finding> others) : IReadOnlyList<Finding>
{
    public int Count => locks.Count + others.Count;

    public Finding this[int index] => index < locks.Count ? make(locks[index]) : others[index - locks.Count];

    public FindingsOnDemand With(IEnumerable<Finding> more) => new(locks, make, [.. others, .. more]);

    public IEnumerator<Finding> GetEnumerator()
    {
        for (var at = 0; at < Count; at++)
            yield return this[at];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
