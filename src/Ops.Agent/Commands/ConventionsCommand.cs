using System.Text.Json;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops conventions</c>: the declarations, as a table or as the pages of the docs.</summary>
internal static class ConventionsCommand
{
    /// <summary>Longest file form shown on a terminal; the docs and pipes have all of it.</summary>
    private const int LongestForm = 36;

    /// <param name="markdown">Directory to write the pages below; null to print the table.</param>
    public static int Run(Terminal terminal, string? markdown, bool json)
    {
        if (markdown is not null)
            return Write(terminal, markdown);
        var rows = ConventionTable.Rows();
        if (json)
        {
            foreach (var row in rows)
                terminal.Line(JsonSerializer.Serialize(row, OpsJson.Default.ConventionRow));
            return ExitCode.Done;
        }
        if (terminal.IsInteractive)
            terminal.Table(["SYSTEM", "FILE", "OWNER IN", "OFFERED", "WITHOUT AN OWNER"], rows, r => [r.System, Short(r.Form), r.Owner, r.Offered, r.Ownerless], _ => "");
        else
            terminal.Table([], rows, r => [r.System, r.Kind, r.Form, r.What, r.Owner, r.Ownerless, r.Offered, r.OwnRule, r.Source], _ => "");
        return ExitCode.Done;
    }

    private static string Short(string form) => form.Length <= LongestForm ? form : form[..(LongestForm - 1)] + "…";

    private static int Write(Terminal terminal, string directory)
    {
        try
        {
            foreach (var (name, text) in GuidePages.All())
            {
                var path = Path.Join(directory, name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, text);
                terminal.Line(FilePath.Escape(path));
            }
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.Remark("ops: " + FilePath.Escape(e.Message));
            return ExitCode.Failed;
        }
    }
}
