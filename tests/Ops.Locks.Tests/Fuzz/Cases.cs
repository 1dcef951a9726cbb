using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Ops.Locks.Tests.Fuzz;

/// <summary>How many cases, and how they are made.</summary>
internal static class Cases
{
    private const int InEveryRun = 10_000;

    /// <summary><c>OPS_FUZZ_CASES</c> in the environment asks for more, with a seed of its own for each run; a failure prints the seed.</summary>
    public static void Check<T>(Gen<T> cases, Action<T> holds)
    {
        var asked = Environment.GetEnvironmentVariable("OPS_FUZZ_CASES");
        var config = asked is null
            ? Config.QuickThrowOnFailure.WithMaxTest(InEveryRun).WithReplay(20261121, 41)
            : Config.QuickThrowOnFailure.WithMaxTest(int.Parse(asked, CultureInfo.InvariantCulture));
        Prop.ForAll(cases.ToArbitrary(), holds).Check(config);
    }

    /// <summary>Texts that begin as one of <paramref name="real"/> or as pieces of it, with bytes changed, cut out, doubled and put in.</summary>
    public static Gen<byte[]> Mutated(IReadOnlyList<byte[]> real, IReadOnlyList<string> pieces) =>
        from seed in Gen.Choose(0, int.MaxValue)
        select Mutate(new Random(seed), real, pieces);

    // One seed for each case: FsCheck chooses it and prints it, and a case costs microseconds.
    private static byte[] Mutate(Random random, IReadOnlyList<byte[]> real, IReadOnlyList<string> pieces)
    {
        List<byte> text = [];
        switch (random.Next(4))
        {
            case 0:
                for (var n = random.Next(1, 20); n > 0; n--)
                    text.AddRange(Encoding.Latin1.GetBytes(pieces[random.Next(pieces.Count)]));
                break;
            case 1:
                var noise = new byte[random.Next(0, 300)];
                random.NextBytes(noise);
                text.AddRange(noise);
                break;
            default:
                text.AddRange(real[random.Next(real.Count)]);
                break;
        }
        for (var n = random.Next(0, 6); n > 0 && text.Count > 0; n--)
        {
            var at = random.Next(text.Count);
            var length = Math.Min(random.Next(1, 9), text.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    text[at] = (byte)random.Next(256);
                    break;
                case 1:
                    text.RemoveRange(at, length);
                    break;
                case 2:
                    text.InsertRange(at, text.GetRange(at, length));
                    break;
                case 3:
                    text.InsertRange(at, Encoding.Latin1.GetBytes(pieces[random.Next(pieces.Count)]));
                    break;
                case 4:
                    text.RemoveRange(at, text.Count - at);
                    break;
                default:
                    text[at] = (byte)"0123456789:-. \n\t\0\xff"[random.Next(18)];
                    break;
            }
        }
        return [.. text];
    }
}
