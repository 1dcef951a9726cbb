using System.Text.Json;
using Ops.Incidents;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops replay</c>: prints an incident that a console exported. Looks at nothing on this host.</summary>
internal static class ReplayCommand
{
    // A console keeps the timeline of an incident far below this.
    private const long LargestBytes = 64 * 1024 * 1024;

    public static int Run(Terminal terminal, string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            if (stream.Length > LargestBytes)
                return Refuse(terminal, file, "it is larger than 64 MiB");
            if (JsonSerializer.Deserialize(stream, IncidentsJson.Default.IncidentFile) is not { Format: IncidentFile.TheFormat } incident)
                return Refuse(terminal, file, "it is not an incident that a console exported");
            if (incident.Version > IncidentFile.TheVersion)
                terminal.Remark($"ops: {FilePath.Escape(file)} is of a later version; what this version does not know is left out.");
            foreach (var line in IncidentStory.Lines(incident))
                terminal.Line(line);
            terminal.Flush();
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Refuse(terminal, file, FilePath.Escape(e.Message));
        }
        catch (Exception e) when (e is JsonException)
        {
            return Refuse(terminal, file, "it is not an incident that a console exported");
        }
    }

    private static int Refuse(Terminal terminal, string file, string why)
    {
        terminal.Remark($"ops: {FilePath.Escape(file)} cannot be read: {why}.");
        return ExitCode.Failed;
    }
}
