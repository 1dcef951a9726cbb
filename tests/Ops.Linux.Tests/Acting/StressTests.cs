using System.Collections.Concurrent;
using System.Text;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>Real programs' behaviour at full speed: two breakers and four lock users on two locks. Users die with the lock in their hands now and then; breakers
/// break what they left. Whoever holds counts himself in and out.</summary>
public sealed class StressTests
{
    private const int Breaks = 200;
    private static readonly string[] LockNames = ["alice.lock", "bob.lock"];

    [Theory]
    [InlineData(TestStore.OnDisk)]
    [InlineData(TestStore.InMemory)]
    public void Two_hundred_breaks_among_busy_lock_users_never_make_two_holders(string fileSystem)
    {
        using var store = new TestStore(fileSystem);
        var scene = new Scene(store);
        foreach (var name in LockNames)
        {
            store.Write(name, Scene.Dead);
        }

        var users = Enumerable.Range(0, 4).Select(n => new Thread(() => scene.Guard(() => scene.UseLocks(n)))).ToList();
        var breakers = Enumerable.Range(0, 2).Select(n => new Thread(() => scene.Guard(() => scene.BreakLocks(n)))).ToList();
        users.ForEach(t => t.Start());
        breakers.ForEach(t => t.Start());
        breakers.ForEach(t => t.Join());
        scene.Stop();
        users.ForEach(t => t.Join());

        Assert.Empty(scene.Faults);
        Assert.True(scene.Taken >= Breaks);
        Assert.True(scene.Displaced > 0, "no living lock was ever displaced: the test does not test what it says");
        Assert.All(store.Names(), n => Assert.False(n.StartsWith("mail/.ops", StringComparison.Ordinal) || n.EndsWith("own.json", StringComparison.Ordinal), n));
        Assert.All(LockNames, name => Assert.True(!File.Exists(store.In(name)) || File.ReadAllText(store.In(name)) == Scene.Dead, $"{name} was left behind"));
        Assert.Equal(scene.Taken, Quarantine.List(store.RootPath, out var problems).Count);
        Assert.Empty(problems);
    }

    private sealed class Scene(TestStore store)
    {
        public const string Dead = "4194999\n";

        private readonly ConcurrentDictionary<string, StrongBox> _holders = new(LockNames.Select(n => KeyValuePair.Create(n, new StrongBox())));
        private volatile bool _stopped;
        private int _taken;
        private int _displaced;

        public ConcurrentQueue<string> Faults { get; } = new();

        public int Taken => _taken;

        public int Displaced => _displaced;

        private bool IsOver => _taken >= Breaks || !Faults.IsEmpty;

        public void Stop() => _stopped = true;

        public void Guard(Action act)
        {
            try
            {
                act();
            }
#pragma warning disable CA1031 // reported by the test's own thread
            catch (Exception e)
            {
                Faults.Enqueue(e.ToString());
            }
#pragma warning restore CA1031
        }

        public void UseLocks(int number)
        {
            var random = new Random(number);
            using var mail = FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(store.Mail)).Value;
            while (!_stopped)
            {
                var name = LockNames[random.Next(LockNames.Length)];
                if (!LinkProtocol.TryAcquire(store.Mail, name, $"user{number}"))
                {
                    Thread.Yield();
                    continue;
                }

                Enter(name);
                Thread.SpinWait(random.Next(2000));
                Leave(name);
                if (random.Next(3) == 0 && !_stopped)
                {
                    // Dies: the lock stays, with the name of a process that is gone.
                    Die(mail, name, number);
                }
                else
                {
                    Assert.Equal(Errno.None, mail.Unlink(Encoding.UTF8.GetBytes(name)));
                }
            }
        }

        public void BreakLocks(int number)
        {
            var random = new Random(100 + number);
            while (!IsOver)
            {
                var name = LockNames[random.Next(LockNames.Length)];
                if (Look(name) is not { } stale)
                {
                    Thread.Yield();
                    continue;
                }

                var cleans = random.Next(4) == 0;
                var plan = store.Plan(stale) with
                {
                    MutexWait = TimeSpan.FromSeconds(30),
                    Before = p =>
                    {
                        if (p == TakeoverPoint.Exchange && cleans)
                        {
                            // Under the mutex nobody else touches a stale lock, so this is a cleaner's look and removal in one step. Users acquire at once.
                            File.Delete(store.In(name));
                            SpinWait.SpinUntil(() => File.Exists(store.In(name)) || _stopped, TimeSpan.FromMilliseconds(random.Next(20)));
                        }

                        if (p == TakeoverPoint.Release)
                        {
                            Leave(name);
                        }
                    },
                };
                var outcome = TestStore.TakeOver(plan, recheck: () =>
                {
                    Enter(name);
                    return null;
                });
                Count(outcome, cleans);
            }
        }

        private static string? TextOf(FileFacts facts) => facts.Content.Bytes is { } bytes ? Encoding.ASCII.GetString(bytes) : null;

        private void Count(ActOutcome outcome, bool cleaned)
        {
            switch (outcome)
            {
                case ActOutcome.TakenOver:
                    Interlocked.Increment(ref _taken);
                    break;
                case ActOutcome.ChangedMeanwhile when cleaned:
                    Interlocked.Increment(ref _displaced);
                    break;
                case ActOutcome.ChangedMeanwhile or ActOutcome.AlreadyGone:
                    break;
                default:
                    Faults.Enqueue(outcome.ToString());
                    break;
            }
        }

        private FileFacts? Look(string name)
        {
            var path = FilePath.FromText(store.In(name));
            using var directory = FileDescriptor.OpenDirectory(path.Parent.Bytes).Value;
            if (!directory.OpenPathOnly(path.Name).TryGet(out var pin))
            {
                return null;
            }

            using (pin)
            {
                return FileLook.At(pin, path).TryGet(out var facts) && facts.LinkCount == 1 && TextOf(facts) == Dead ? facts : null;
            }
        }

        // In one step, as seen by breakers: an exchange with a dead lock, then the living one goes.
        private static void Die(FileDescriptor mail, string name, int number)
        {
            var dead = Encoding.UTF8.GetBytes($"dead{number}");
            using (var file = mail.CreateExclusive(dead, Modes.O644).Value)
            {
                Assert.Equal(Errno.None, file.Write(Encoding.ASCII.GetBytes(Dead)));
            }

            var swapped = FileDescriptor.Exchange(mail, dead, mail, Encoding.UTF8.GetBytes(name));
            Assert.Equal(Errno.None, swapped);
            Assert.Equal(Errno.None, mail.Unlink(dead));
        }

        private void Enter(string name)
        {
            if (Interlocked.Increment(ref _holders[name].Value) != 1)
            {
                Faults.Enqueue($"two holders of {name}");
            }
        }

        private void Leave(string name) => Interlocked.Decrement(ref _holders[name].Value);

        private sealed class StrongBox
        {
            public int Value;
        }
    }
}
