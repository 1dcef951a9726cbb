using System.Diagnostics;
using System.Globalization;
using Mono.Unix.Native;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>What happens around a takeover that is about to crash.</summary>
public enum Disturbance
{
    /// <summary>Nobody else does anything.</summary>
    None,

    /// <summary>Just before the exchange the stale lock is removed and somebody acquires.</summary>
    AcquiredByAnother,

    /// <summary>The same, and that owner releases and a second one acquires just before the first exchange back.</summary>
    AcquiredTwice,

    /// <summary>The same, and the owner releases just before the exchange back.</summary>
    AcquiredAndReleased,

    /// <summary>The look while we hold the lock finds somebody.</summary>
    RefusedByRecheck,
}

/// <summary>This assembly run as a program: does one act and kills itself with SIGKILL when it comes to the given point, as a crash would.
/// <code>
/// takeover ROOT LOCK DISTURBANCE POINT NTH
/// recovery ROOT POINT NTH
/// remove   ROOT FILE POINT
/// weaker   ROOT LOCK MAILBOX POINT
/// </code>
/// NTH counts how often the point is passed. Exit code 3: the act ended without coming there.</summary>
internal static class CrashProgram
{
    private const int NeverCame = 3;

    public static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["takeover", var root, var path, var disturbance, var point, var nth]:
                TakeOver(root, path, Enum.Parse<Disturbance>(disturbance), Killer(point, nth));
                break;
            case ["recovery", var root, var point, var nth]:
                new Recovery { Before = Killer(point, nth) }.Run(FilePath.FromText(root), "host");
                break;
            case ["remove", var root, var path, var point]:
                Remove(root, path, Enum.Parse<QuarantinePoint>(point));
                break;
            case ["weaker", var root, var path, var mailbox, var point]:
                TakeOverByTheWeakerProtocol(root, path, mailbox, Enum.Parse<QuarantinePoint>(point));
                break;
            default:
                return 2;
        }

        return NeverCame;
    }

    /// <summary>Runs it and returns whether it was killed where it should be; anything else but "never came there" is a failure.</summary>
    public static bool Crashes(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments.Prepend(typeof(CrashProgram).Assembly.Location).Prepend("exec"))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 137 or NeverCame, $"{string.Join(' ', arguments)}: {process.ExitCode} {error}");
        return process.ExitCode == 137;
    }

    private static Action<TakeoverPoint> Killer(string point, string nth)
    {
        var (fatal, left) = (Enum.Parse<TakeoverPoint>(point), int.Parse(nth, CultureInfo.InvariantCulture));
        return p =>
        {
            if (p == fatal && --left == 0)
            {
                Die();
            }
        };
    }

    // The kernel does not return to this program from that call.
    private static void Die() => _ = Syscall.kill(Environment.ProcessId, Signum.SIGKILL);

    private static void TakeOver(string root, string path, Disturbance disturbance, Action<TakeoverPoint> killer)
    {
        var backs = 0;
        var plan = TestStore.PlanFor(root, TestStore.FactsOf(path)) with
        {
            Before = p =>
            {
                if (p == TakeoverPoint.Exchange && disturbance is not (Disturbance.None or Disturbance.RefusedByRecheck))
                {
                    Replace(path, "first owner\n");
                }

                if (p == TakeoverPoint.ExchangeBack && ++backs == 1 && disturbance == Disturbance.AcquiredTwice)
                {
                    Replace(path, "second owner\n");
                }

                if (p == TakeoverPoint.ExchangeBack && disturbance == Disturbance.AcquiredAndReleased)
                {
                    File.Delete(path);
                }

                killer(p);
            },
        };
        new Takeover().Run(plan, () => null, () => disturbance == Disturbance.RefusedByRecheck ? new(Refusal.InUse, "Somebody came.") : null);
    }

    private static void Remove(string root, string path, QuarantinePoint fatal) =>
        new Quarantine().Remove(TestStore.RemovePlanFor(root, TestStore.FactsOf(path)) with { Before = Killer(path, "another file", fatal) }, () => null);

    private static void TakeOverByTheWeakerProtocol(string root, string path, string mailbox, QuarantinePoint fatal)
    {
        var plan = TestStore.PlanFor(root, TestStore.FactsOf(path)) with
        {
            MayBeRenamedAway = true,
            Mailbox = TestStore.FactsOf(mailbox),
            BeforeWeaker = Killer(path, "first owner", fatal),
        };
        new Takeover().Run(plan, () => null, () => null);
    }

    // Another file takes the name where the fatal point lies on the way back.
    private static Action<QuarantinePoint> Killer(string path, string another, QuarantinePoint fatal) => p =>
    {
        if (p == QuarantinePoint.Move && fatal == QuarantinePoint.MoveBack)
        {
            Replace(path, another);
        }

        if (p == fatal)
        {
            Die();
        }
    };

    private static void Replace(string path, string content)
    {
        File.Delete(path);
        File.WriteAllText(path, content);
    }
}
