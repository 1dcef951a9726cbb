namespace Ops.Linux.Tests;

/// <summary>The protocol as a state machine, with breakers that do NOT exclude one another: real ones do, but another version or a foreign tool may not. Every reachable state is
/// visited, for up to three lock users, two breakers (three with one user) and a cleaner.</summary>
public sealed class TakeoverModelTests
{
    private const char Stale = 's';
    private const char Nothing = '-';

    public enum Ends
    {
        /// <summary>Look, then unlink by name.</summary>
        CheckThenUnlink,

        /// <summary>Exchange, but release only if the name is still our file.</summary>
        ReleaseByIdentity,

        /// <summary>Stop exchanging back as soon as the stand-in comes back.</summary>
        StandInAlone,

        /// <summary>What <see cref="NameExchange"/> does: the stand-in, if ours has no name left.</summary>
        StandInAndOwnGone,
    }

    [Theory]
    [InlineData(Ends.CheckThenUnlink, "double hold")]
    [InlineData(Ends.ReleaseByIdentity, "left behind")]
    [InlineData(Ends.StandInAlone, "left behind")]
    public void Weaker_protocols_have_the_known_fault(Ends ends, string fault) => Assert.Equal(fault, Explore(ends, users: 3, breakers: 2, cleaner: true));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(1, 3)]
    public void The_protocol_is_safe_even_without_the_mutex(int users, int breakers)
    {
        Assert.Null(Explore(Ends.StandInAndOwnGone, users, breakers, cleaner: false));
        Assert.Null(Explore(Ends.StandInAndOwnGone, users, breakers, cleaner: true));
    }

    private enum At
    {
        Look,
        Create,
        Exchange,
        Check,
        Own,
        Release,
        PutBack,
        CheckPutBack,
        Back,
        CheckBack,
        Unlink,
        Done,
    }

    private readonly record struct BreakerState(At At, char StandIn = Nothing, char Displaced = Nothing);

    /// <param name="Names">What the lock's name means, then each breaker's temporary name.</param>
    /// <param name="Users">i idle, h holds, d done.</param>
    private sealed record State(string Names, string Users, BreakerState[] Breakers, bool CleanerDone)
    {
        public char Lock => Names[0];

        public string Key => $"{Names}|{Users}|{string.Join(',', Breakers.Select(b => $"{(int)b.At}{b.StandIn}{b.Displaced}"))}|{CleanerDone}";

        public State With(int name, char file) => this with { Names = Names[..name] + file + Names[(name + 1)..] };

        public State Swap(int name) => With(0, Names[name]).With(name, Names[0]);

        public State User(int user, char state) => this with { Users = Users[..user] + state + Users[(user + 1)..] };

        public State Go(int breaker, At at, char standIn = Nothing, char displaced = Nothing)
        {
            var breakers = (BreakerState[])Breakers.Clone();
            breakers[breaker] = new BreakerState(at, standIn, displaced);
            return this with { Breakers = breakers };
        }
    }

    private static string? Explore(Ends ends, int users, int breakers, bool cleaner)
    {
        var first = new State(
            Stale + new string(Nothing, breakers), new string('i', users), [.. Enumerable.Repeat(new BreakerState(At.Look), breakers)], !cleaner);
        var seen = new HashSet<string> { first.Key };
        var open = new Queue<State>([first]);
        while (open.TryDequeue(out var state))
        {
            if (state.Users.Count(u => u == 'h') + state.Breakers.Count(b => b.At is At.Own or At.Release) > 1)
            {
                return "double hold";
            }

            var next = Next(state, ends).ToList();
            if (next.Count == 0 && (IsLeftBehind(state) || state.Names[1..].Any(n => n != Nothing)))
            {
                return "left behind";
            }

            foreach (var reached in next.Where(n => seen.Add(n.Key)))
            {
                open.Enqueue(reached);
            }
        }

        return null;
    }

    private static bool IsLeftBehind(State state) =>
        state.Lock is not (Nothing or Stale) && (state.Lock >= 'A' || state.Users[state.Lock - '1'] == 'd');

    private static IEnumerable<State> Next(State s, Ends ends)
    {
        for (var u = 0; u < s.Users.Length; u++)
        {
            if (s.Users[u] == 'i' && s.Lock == Nothing)
            {
                yield return s.With(0, (char)('1' + u)).User(u, 'h');
            }
            else if (s.Users[u] == 'h')
            {
                yield return s.With(0, Nothing).User(u, 'd');
            }
        }

        if (!s.CleanerDone)
        {
            yield return (s.Lock == Stale ? s.With(0, Nothing) : s) with { CleanerDone = true };
        }

        for (var b = 0; b < s.Breakers.Length; b++)
        {
            foreach (var next in NextOfBreaker(s, b, ends))
            {
                yield return next;
            }
        }
    }

    private static IEnumerable<State> NextOfBreaker(State s, int b, Ends ends)
    {
        var (t, own) = (b + 1, (char)('A' + b));
        var (at, standIn, displaced) = (s.Breakers[b].At, s.Breakers[b].StandIn, s.Breakers[b].Displaced);
        var there = s.Names[t];
        switch (at)
        {
            case At.Look:
                yield return s.Go(b, s.Lock != Stale ? At.Done : ends == Ends.CheckThenUnlink ? At.Unlink : At.Create);
                break;
            case At.Unlink:
                yield return s.With(0, Nothing).Go(b, At.Done);
                break;
            case At.Create:
                yield return s.With(t, own).Go(b, At.Exchange);
                break;
            case At.Exchange:
                yield return s.Lock == Nothing ? s.With(t, Nothing).Go(b, At.Done) : s.Swap(t).Go(b, At.Check);
                break;
            case At.Check when there == Stale:
                yield return s.Go(b, At.Own);
                yield return s.Go(b, At.PutBack);
                break;
            case At.Check:
                yield return there == own ? s.With(t, Nothing).Go(b, At.Done) : s.Go(b, At.Back, own, there);
                break;
            case At.Own:
                yield return s.With(t, Nothing).Go(b, At.Release);
                break;
            case At.Release:
                var keeps = ends == Ends.ReleaseByIdentity ? s.Lock != own : !s.Names.Contains(own, StringComparison.Ordinal);
                yield return (keeps ? s : s.With(0, Nothing)).Go(b, At.Done);
                break;
            case At.PutBack:
                yield return s.Lock == Nothing ? s.With(t, Nothing).Go(b, At.Done) : s.Swap(t).Go(b, At.CheckPutBack);
                break;
            case At.CheckPutBack:
                yield return there == own ? s.With(t, Nothing).Go(b, At.Done) : s.Go(b, At.Back, Stale, there);
                break;
            case At.Back:
                yield return s.Lock == Nothing ? s.With(t, Nothing).Go(b, At.Done) : s.Swap(t).Go(b, At.CheckBack, standIn, displaced);
                break;
            case At.CheckBack:
                var isBack = there == own || (there == standIn && (ends == Ends.StandInAlone || !s.Names.Contains(own, StringComparison.Ordinal)));
                yield return isBack ? s.With(t, Nothing).Go(b, At.Done) : s.Go(b, At.Back, displaced, there);
                break;
            default:
                break;
        }
    }
}
