using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>What a program said and how it ended.</summary>
/// <param name="Code">Null when it did not end in time, and was ended.</param>
public sealed record ProgramAnswer(int? Code, string Output, string Error);

/// <summary>Dovecot's own tool, with those that list a queue (<see cref="TrustedProgram"/>) the only program of others that is ever started on a mail host: an absolute path from the host's
/// policy, arguments as a list, no shell, an empty environment, a limit in time and output.</summary>
/// <param name="program">Absolute path of <c>doveadm</c>.</param>
public sealed class Doveadm(string program, TimeSpan limit)
{
    private const int OutputLimit = 1024 * 1024;

    /// <summary>Whether it can be asked at all.</summary>
    public bool IsInstalled => program.StartsWith('/') && File.Exists(program);

    /// <summary>Who is logged in through this process.</summary>
    /// <returns>Null when that could not be determined.</returns>
    public DovecotSession? Who(int pid) => Run(["-f", "tab", "who", "-1"]) is { Code: 0 } answer ? DovecotSessions.Find(answer.Output, pid) : null;

    /// <summary>Asks Dovecot to disconnect that user's sessions (from that address, when it is known).</summary>
    public ProgramAnswer Kick(DovecotSession session) => Run(session.Address is { } address ? ["kick", session.User, address] : ["kick", session.User]);

    private ProgramAnswer Run(string[] arguments)
    {
        try
        {
            using var process = Process.Start(TrustedProgram.StartOf(program, arguments));
            if (process is null)
                return new ProgramAnswer(null, "", "it did not start");
            process.StandardInput.Close();
            var (output, error) = (ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
            if (!process.WaitForExit(limit))
            {
                // Ours, and started here: its handle still means it, whatever became of its pid.
                process.Kill();
                return new ProgramAnswer(null, "", FormattableString.Invariant($"it did not end within {limit.TotalSeconds:0.#} s"));
            }
            return new ProgramAnswer(process.ExitCode, output.Wait(limit) ? output.Result : "", error.Wait(limit) ? error.Result : "");
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException)
        {
            return new ProgramAnswer(null, "", e.Message);
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader)
    {
        var (text, buffer) = (new StringBuilder(), new char[4096]);
        while (await reader.ReadAsync(buffer) is > 0 and var got)
        {
            // What is over the limit is read and dropped: a program that cannot write would not end.
            text.Append(buffer, 0, Math.Min(got, OutputLimit - text.Length));
        }
        return text.ToString();
    }
}
