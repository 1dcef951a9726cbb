using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops conventions</c>: the declarations, as a table or as the pages of the docs.</summary>
internal static class ConventionsCommand
{
    /// <param name="markdown">Directory to write the pages below; null to print the table.</param>
    public static int Run(Terminal terminal, string? markdown)
    {
        if (markdown is not null)
            return Write(terminal, markdown);
        var rows = MailSystems.All.SelectMany(s => s.Conventions, (system, convention) => (System: system, Convention: convention)).ToList();
        terminal.Table(["SYSTEM", "KIND", "OWN RULE", "WHAT", "FILE"], rows, r =>
        [
            r.System.Name, Words.Of(r.Convention.Kind), GuidePages.OwnRule(r.Convention), r.Convention.What, r.Convention.Form,
        ], _ => "");
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
