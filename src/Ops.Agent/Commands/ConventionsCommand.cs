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
    public static int Run(Terminal terminal, string? markdown, bool json, TableShape shape)
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
        {
            terminal.Table<ConventionRow>(
            [
                new("SYSTEM", r => r.System),
                new("FILE", r => shape.Wide ? r.Form : Columns.Cut(r.Form, LongestForm)),
                new("OWNER IN", r => r.Owner, Leaves: 2),
                new("OFFERED", r => r.Offered, Leaves: 1),
                new("WITHOUT AN OWNER", r => r.Ownerless),
            ], rows, _ => "", shape, Columns.Cut);
        }
        else
        {
            terminal.Table<ConventionRow>(
            [
                new("SYSTEM", r => r.System), new("KIND", r => r.Kind), new("FILE", r => r.Form), new("WHAT", r => r.What), new("OWNER IN", r => r.Owner),
                new("WITHOUT AN OWNER", r => r.Ownerless), new("OFFERED", r => r.Offered), new("OWN RULE", r => r.OwnRule), new("SOURCE", r => r.Source),
            ], rows, _ => "", shape);
        }
        return ExitCode.Done;
    }

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
