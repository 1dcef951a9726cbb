using System.Text.RegularExpressions;

namespace Ops.Locks;

/// <summary>
/// What a name must begin with for an expression to match it, worked out from the text of the expression: a test of a few bytes that rules out nearly every name before an expression is
/// asked. What is not understood rules out nothing.
/// </summary>
internal sealed class PatternStarts
{
    private const int MostStarts = 128, LongestStart = 16;
    private const string WholeBegin = @"\A(?:", WholeEnd = @")\z", AnyInComponent = "[^/]*";

    private static readonly string[] AnyAbove = [".*/", ".+/"];
    private static readonly PatternStarts Anything = new([new Start("", false)], isInside: false);

    private readonly Start[] _starts;
    private readonly bool _isInside;

    private PatternStarts(IEnumerable<Start> starts, bool isInside) => (_starts, _isInside) = ([.. starts], isInside);

    /// <summary>For an expression on a name.</summary>
    public static PatternStarts OfName(Regex? expression) =>
        Body(expression) is { } body && Parser.Read(body) is { } starts ? new PatternStarts(starts, isInside: false) : Anything;

    /// <summary>For an expression on a path that begins with any directories: what one of the components must begin with, or hold where the expression says so.</summary>
    public static PatternStarts OfComponent(Regex? expression)
    {
        if (Body(expression) is not { } body || AnyAbove.FirstOrDefault(a => body.StartsWith(a, StringComparison.Ordinal)) is not { } above)
            return Anything;
        var rest = body[above.Length..];
        var isInside = rest.StartsWith(AnyInComponent, StringComparison.Ordinal);
        // Read in a group of its own: an alternative at the top would not have the directories before it.
        return Parser.ReadWithoutAlternatives(isInside ? rest[AnyInComponent.Length..] : rest) is { } starts
            ? new PatternStarts(starts.Select(UpToSlash), isInside)
            : Anything;
    }

    public bool MayMatch(ReadOnlySpan<byte> name)
    {
        foreach (var (text, isWhole) in _starts)
        {
            if (_isInside ? Contains(name, text) : Begins(name, text) && (!isWhole || name.Length == text.Length))
                return true;
        }
        return false;
    }

    /// <summary>What a name that may match begins with, 0 for the empty name; null for any byte.</summary>
    public IReadOnlyList<byte>? FirstBytes => _isInside || Array.Exists(_starts, s => s is { Text: "", IsWhole: false })
        ? null
        : [.. _starts.Select(s => s.Text.Length == 0 ? (byte)0 : (byte)s.Text[0])];

    private static string? Body(Regex? expression) => expression?.ToString() is { } text
        && text.StartsWith(WholeBegin, StringComparison.Ordinal) && text.EndsWith(WholeEnd, StringComparison.Ordinal) ? text[WholeBegin.Length..^WholeEnd.Length] : null;

    private static Start UpToSlash(Start start) => start.Text.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? new Start(start.Text[..slash], true) : start;

    private static bool Begins(ReadOnlySpan<byte> name, string text)
    {
        if (name.Length < text.Length)
            return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (name[i] != text[i])
                return false;
        }
        return true;
    }

    private static bool Contains(ReadOnlySpan<byte> name, string text)
    {
        for (var at = 0; at + text.Length <= name.Length; at++)
        {
            if (Begins(name[at..], text))
                return true;
        }
        return false;
    }

    /// <param name="IsWhole">Nothing may follow.</param>
    private sealed record Start(string Text, bool IsWhole);

    /// <summary>Reads an expression as far as its beginning is a list of texts.</summary>
    private ref struct Parser
    {
        private readonly string _pattern;
        private int _at;
        private bool _isUnknown;

        private Parser(string pattern) => _pattern = pattern;

        public static List<Start>? Read(string pattern)
        {
            var parser = new Parser(pattern);
            var starts = parser.Alternatives();
            return parser._isUnknown || parser._at < pattern.Length ? null : starts;
        }

        public static List<Start>? ReadWithoutAlternatives(string pattern)
        {
            var parser = new Parser(pattern);
            var starts = parser.Sequence();
            return parser._isUnknown || parser._at < pattern.Length ? null : starts;
        }

        private List<Start> Alternatives()
        {
            var starts = Sequence();
            while (_at < _pattern.Length && _pattern[_at] == '|')
            {
                _at++;
                starts.AddRange(Sequence());
            }
            return starts;
        }

        // A start is whole as long as everything before it was read to its end; what is not is not continued.
        private List<Start> Sequence()
        {
            List<Start> starts = [new Start("", true)];
            while (!_isUnknown && _at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
            {
                var atom = Repeated(Atom());
                List<Start> longer = [.. starts.SelectMany(s => s.IsWhole ? atom.Select(a => Cut(s.Text + a.Text, a.IsWhole)) : [s]).Distinct()];
                starts = longer.Count <= MostStarts ? longer : [.. starts.Select(s => s with { IsWhole = false })];
            }
            return starts;
        }

        private static Start Cut(string text, bool isWhole) => text.Length > LongestStart ? new Start(text[..LongestStart], false) : new Start(text, isWhole);

        private List<Start> Atom()
        {
            var c = _pattern[_at++];
            switch (c)
            {
                case '(':
                    if (_pattern.AsSpan(_at).StartsWith("?:"))
                        _at += 2;
                    else if (_at < _pattern.Length && _pattern[_at] == '?')
                        _isUnknown = true;
                    var inner = Alternatives();
                    _isUnknown |= _at >= _pattern.Length || _pattern[_at++] != ')';
                    return inner;
                case '[':
                    return Class();
                case '.':
                    return [new Start("", false)];
                case '\\' when _at < _pattern.Length && !char.IsAsciiLetterOrDigit(_pattern[_at]):
                    return [new Start(_pattern[_at++].ToString(), true)];
                case '\\' or '^' or '$' or '*' or '+' or '?' or '{':
                    _isUnknown = true;
                    return [];
                default:
                    _isUnknown |= c > 0x7f;
                    return [new Start(c.ToString(), true)];
            }
        }

        private List<Start> Class()
        {
            var end = _pattern.IndexOf(']', _at + 1);
            if (end < 0)
            {
                _isUnknown = true;
                return [];
            }
            var text = _pattern[_at..end];
            _at = end + 1;
            if (text[0] == '^' || text.Any(c => c is '\\' or '[' or > '\x7f'))
                return [new Start("", false)];
            List<Start> chars = [];
            for (var i = 0; i < text.Length; i++)
            {
                var isRange = i + 2 < text.Length && text[i + 1] == '-';
                for (int c = text[i], last = isRange ? text[i + 2] : c; c <= last; c++)
                    chars.Add(new Start(((char)c).ToString(), true));
                i += isRange ? 2 : 0;
            }
            return chars;
        }

        private List<Start> Repeated(List<Start> atom)
        {
            if (_at >= _pattern.Length)
                return atom;
            var c = _pattern[_at];
            if (c is not ('?' or '*' or '+' or '{'))
                return atom;
            _at++;
            var isNone = c is '*' or '?';
            if (c == '{')
            {
                var end = _pattern.IndexOf('}', _at);
                isNone = end < 0 || !int.TryParse(_pattern.AsSpan(_at, Math.Max(0, _pattern.AsSpan(_at).IndexOfAny(',', '}'))), out var least) || least == 0;
                _at = end < 0 ? _pattern.Length : end + 1;
            }
            // Lazy and possessive forms match the same beginnings.
            if (_at < _pattern.Length && _pattern[_at] is '?' or '+')
                _at++;
            return c == '?' ? [.. atom, new Start("", true)] : isNone ? [new Start("", false)] : [.. atom.Select(a => a with { IsWhole = false })];
        }
    }
}
