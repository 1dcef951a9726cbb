using System.Globalization;
using System.Text;

namespace Ops.Testing;

/// <summary>Cyrus lmtpd: writes a message once under <c>stage./PID-TIME-N</c>, links it into the mailboxes of its recipients, and unlinks the staging name.</summary>
/// <remarks>One in a hundred keeps its staging name for a while, as a delivery to many recipients does.</remarks>
internal sealed class StageWriter(string store, int id)
{
    private readonly string _stage = Path.Join(store, "stage.");
    private readonly string[] _users = [.. Directory.GetDirectories(Path.Join(store, "user")).Order(StringComparer.Ordinal)];

    public TrafficReport Run(CancellationToken stop)
    {
        var messages = 0L;
        var problems = new List<string>();
        for (var number = 1L; !stop.IsCancellationRequested; number++)
        {
            var staging = Path.Join(_stage, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}-{number}"));
            var text = string.Create(CultureInfo.InvariantCulture, $"Message-ID: <stage.{id}.{number}@example.org>\r\n\r\nmessage {number}\r\n");
            if (!Kernel.CreateNew(staging, Encoding.ASCII.GetBytes(text), 0x180))
            {
                throw new IOException($"{staging} is there already");
            }

            foreach (var user in (int[])[0, 1])
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{id}{number:0000000}.");
                if (!Kernel.Link(staging, Path.Join(_users[(number + user) % _users.Length], name)))
                {
                    problems.Add($"message {name} is there already");
                }
            }

            if (number % 100 == 0)
            {
                Thread.Sleep(50);
            }

            if (!Kernel.Unlink(staging) && problems.Count < TrafficReport.MostProblems)
            {
                problems.Add($"{staging} was removed while its writer lives");
            }

            messages++;
            Thread.Sleep(1);
        }

        return new TrafficReport(id, messages, 0, 0, problems);
    }
}
