using System.Globalization;
using System.Text;

namespace Ops.Locks.Tests.MailSystems;

/// <summary>
/// The tables in <c>Cases/SYSTEM/names.tsv</c>: path, expectation, claims, reason. A path is ASCII with <c>\n</c>, <c>\t</c> and <c>\xHH</c>; below a
/// directory <c>Maildir</c> the siblings of a maildir exist, below <c>cyrus</c> and the root there is a <c>proc</c>, below <c>exim4</c> there are <c>input</c> and <c>msglog</c>. An expectation is <c>SYSTEM KIND</c>, <c>SYSTEM ordinary</c> for what no scan lists,
/// <c>not SYSTEM</c>, or <c>nothing</c>. Claims are <c>PID@HOST+SECONDS</c>, with <c>~</c> before a short and <c>…</c> behind a cut host;
/// <c>nobody</c> for none.
/// </summary>
public sealed record NameRow(string Table, string Path, string Expectation, string Claims, string Reason)
{
    public static TheoryData<string, string, string, string, string> All()
    {
        TheoryData<string, string, string, string, string> rows = [];
        foreach (var row in Rows())
            rows.Add(row.Table, row.Path, row.Expectation, row.Claims, row.Reason);
        return rows;
    }

    public static IEnumerable<NameRow> Rows() =>
        from file in Directory.EnumerateFiles(System.IO.Path.Combine(AppContext.BaseDirectory, "Cases"), "names.tsv", SearchOption.AllDirectories).Order()
        from line in File.ReadLines(file)
        where line.Length > 0 && line[0] != '#'
        let fields = line.Split('\t')
        select new NameRow(System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(file))!, fields[0], fields[1],
            fields.ElementAtOrDefault(2) ?? "", fields.ElementAtOrDefault(3) ?? "");

    public static FilePath PathOf(string text) => new(Unescape(text));

    public static PlaceFacts PlaceOf(FilePath path) =>
        new(path.Parent, name => path.Parent.Parent.NameLatin1 switch
        {
            "Maildir" => name is "cur" or "new" or "tmp",
            "cyrus" or "" => name is "proc",
            "exim4" => name is "input" or "msglog",
            _ => false,
        });

    public static byte[] Unescape(string text)
    {
        List<byte> bytes = [];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                bytes.Add((byte)text[i]);
                continue;
            }
            i++;
            switch (text[i])
            {
                case 'n':
                    bytes.Add((byte)'\n');
                    break;
                case 't':
                    bytes.Add((byte)'\t');
                    break;
                case 'x':
                    bytes.Add(byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i += 2;
                    break;
                default:
                    bytes.Add((byte)text[i]);
                    break;
            }
        }
        return [.. bytes];
    }

    public static string Show(IReadOnlyList<OwnerClaim> claims) => claims.Count == 0 ? "nobody" : string.Join(' ', claims.Select(Show));

    private static string Show(OwnerClaim claim)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{claim.Pid}");
        if (claim.Host is { } host)
            text.Append('@').Append(claim.HostIsShort ? "~" : "").Append(host).Append(claim.HostIsTruncated ? "…" : "");
        if (claim.At is { } at)
            text.Append(CultureInfo.InvariantCulture, $"+{at.ToUnixTimeSeconds()}");
        return text.ToString();
    }
}
