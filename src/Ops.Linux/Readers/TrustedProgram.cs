using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>How a program of others that was asked ended.</summary>
/// <param name="Problem">Why what it said is incomplete, in a sentence; null when it is whole.</param>
/// <param name="Error">What it said on its error stream, cut.</param>
public sealed record ProgramEnd(string? Problem, string Error);

/// <summary>
/// A program of a mail system that only says something. It is started by an absolute path, which and whose directories belong to root and can be changed by no other user; with
/// arguments as a list, no shell, no environment, no input, in a session of its own at the lowest priority; and its whole group is killed when its time or its output ends.
/// </summary>
/// <param name="program">Absolute path.</param>
/// <param name="limit">Within this it must have ended.</param>
public sealed class TrustedProgram(string program, TimeSpan limit)
{
    /// <summary>A queue of 100,000 messages takes about half of it.</summary>
    public const long DefaultMostBytes = 64 * 1024 * 1024;

    /// <summary>A message with tens of thousands of recipients is longer.</summary>
    public const int DefaultLongestLine = 1024 * 1024;

    private const int LongestError = 2_000;

    private const uint GroupOrOtherWrite = 0b000_010_010;

    // They become what they start, so the number of the process, its session and its group are one.
    private static readonly string[] Before = ["/usr/bin/setsid", "/usr/bin/nice"];

    public long MostBytes { get; init; } = DefaultMostBytes;

    /// <summary>A longer line is left out.</summary>
    public int LongestLine { get; init; } = DefaultLongestLine;

    /// <summary>Why it may not be started, in a sentence; null when it may. A program that is not there says so as well.</summary>
    public string? Refusal => Before.Append(program).Select(WhyNot).FirstOrDefault(w => w is not null);

    public bool IsInstalled => program.StartsWith('/') && File.Exists(program);

    /// <summary>Runs it to its end.</summary>
    /// <param name="line">Gets each line of the output, one after the other.</param>
    public ProgramEnd Run(IReadOnlyList<string> arguments, Action<string> line, CancellationToken stop)
    {
        if (Refusal is { } refusal)
            return new(refusal, "");
        // Added to that of the agent, which may be below zero; the kernel stops at 19.
        var start = StartOf(Before[0], [Before[1], "-n", "39", program, .. arguments]);
        start.Environment["LC_ALL"] = "C";
        try
        {
            using var process = Process.Start(start);
            return process is null ? new("It did not start.", "") : Follow(process, line, stop);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException)
        {
            return new($"It could not be run: {e.Message}", "");
        }
    }

    /// <summary>How every program of others is started: arguments as a list, no shell, no environment but a path of the system's own directories, all streams ours.</summary>
    internal static ProcessStartInfo StartOf(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        return start;
    }

    private ProgramEnd Follow(Process process, Action<string> line, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        ended.CancelAfter(limit);
        process.StandardInput.Close();
        var error = ReadErrorAsync(process.StandardError, ended.Token);
        var lines = new LineCutter(line, LongestLine);
        string? problem = null;
        try
        {
            problem = ReadAsync(process.StandardOutput.BaseStream, lines, ended.Token).GetAwaiter().GetResult();
            if (problem is null)
                process.WaitForExitAsync(ended.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            problem = stop.IsCancellationRequested ? "It was stopped with the agent." : FormattableString.Invariant($"It did not end within {limit.TotalSeconds:0.#} s.");
        }
        if (problem is not null)
            End(process);
        lines.End();
        var said = error.GetAwaiter().GetResult();
        if (problem is null && process.ExitCode != 0)
            problem = FormattableString.Invariant($"It ended with code {process.ExitCode}.");
        return new(problem ?? (lines.LeftOut > 0 ? FormattableString.Invariant($"{lines.LeftOut} lines are too long and were left out.") : null), said);
    }

    // While it was not collected its number is that of its group, and of no other.
    private static void End(Process process)
    {
        if (!process.HasExited)
            ProcessNumber.KillGroup(process.Id);
        process.WaitForExit(TimeSpan.FromSeconds(2));
    }

    private async Task<string?> ReadAsync(Stream output, LineCutter lines, CancellationToken stop)
    {
        var (buffer, left) = (new byte[64 * 1024], MostBytes);
        while (await output.ReadAsync(buffer, stop).ConfigureAwait(false) is > 0 and var got)
        {
            left -= got;
            if (left < 0)
                return FormattableString.Invariant($"It said more than {MostBytes / 1024 / 1024} MiB; the rest was not read.");
            lines.Take(buffer.AsSpan(0, got));
        }
        return null;
    }

    private static async Task<string> ReadErrorAsync(StreamReader reader, CancellationToken stop)
    {
        var (text, buffer) = (new StringBuilder(), new char[1024]);
        try
        {
            while (await reader.ReadAsync(buffer, stop).ConfigureAwait(false) is > 0 and var got)
                text.Append(buffer, 0, Math.Min(got, LongestError - text.Length));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // What came before is all there is.
        }
        return text.ToString().Trim();
    }

    private static string? WhyNot(string path)
    {
        if (!path.StartsWith('/'))
            return $"{FilePath.Escape(path)} is not an absolute path.";
        string real;
        try
        {
            if (!File.Exists(path))
                return $"{FilePath.Escape(path)} is not installed.";
            real = Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{FilePath.Escape(path)} cannot be examined: {e.Message}";
        }
        // The directories of both: who may change one of them decides what is started.
        return Above(path).Concat(Above(real)).Append(real).Distinct().Select(WhyForeign).FirstOrDefault(w => w is not null);
    }

    private static IEnumerable<string> Above(string path)
    {
        for (var directory = Path.GetDirectoryName(path); directory is not null; directory = Path.GetDirectoryName(directory))
            yield return directory;
    }

    private static string? WhyForeign(string path)
    {
        var opened = FileDescriptor.OpenForReadingFollowingLinks(Encoding.UTF8.GetBytes(path));
        if (!opened.TryGet(out var file, out var error))
            return $"{FilePath.Escape(path)} cannot be examined: {error}.";
        using (file)
        {
            if (!file.Stat().TryGet(out var status, out error))
                return $"{FilePath.Escape(path)} cannot be examined: {error}.";
            return status.Uid != 0 ? $"{FilePath.Escape(path)} does not belong to root, so it is not started."
                : (status.Mode & GroupOrOtherWrite) != 0 ? $"{FilePath.Escape(path)} can be written by users other than root, so it is not started."
                : null;
        }
    }

    /// <summary>Bytes into lines, each of limited length.</summary>
    private sealed class LineCutter(Action<string> line, int longest)
    {
        private readonly ArrayBufferWriter<byte> _begun = new();
        private bool _isTooLong;

        public int LeftOut { get; private set; }

        public void Take(ReadOnlySpan<byte> bytes)
        {
            while (bytes.IndexOf((byte)'\n') is >= 0 and var at)
            {
                Keep(bytes[..at]);
                End();
                bytes = bytes[(at + 1)..];
            }
            Keep(bytes);
        }

        public void End()
        {
            if (_isTooLong)
                LeftOut++;
            else
                line(Encoding.UTF8.GetString(_begun.WrittenSpan));
            _begun.ResetWrittenCount();
            _isTooLong = false;
        }

        private void Keep(ReadOnlySpan<byte> bytes)
        {
            _isTooLong |= _begun.WrittenCount + bytes.Length > longest;
            if (!_isTooLong)
                _begun.Write(bytes);
        }
    }
}
