using System.Globalization;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>Many record locks, held by some processes, each in a directory of its own.</summary>
internal sealed class HeldLocks : IDisposable
{
    public const int Processes = 50;
    private readonly List<LockMaker> _holders = [];

    public HeldLocks(string root, int count, int processes = Processes)
    {
        for (var process = 0; process < processes; process++)
        {
            var directory = Directory.CreateDirectory(Path.Join(root, string.Create(CultureInfo.InvariantCulture, $"holder{process:00}"))).FullName;
            var share = (count / processes) + (process < count % processes ? 1 : 0);
            _holders.Add(LockMaker.Start("many", share.ToString(CultureInfo.InvariantCulture), directory));
        }
    }

    public void Dispose() => _holders.ForEach(h => h.Dispose());
}
