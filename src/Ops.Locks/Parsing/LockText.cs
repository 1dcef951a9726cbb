using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ops.Locks;

/// <summary>Reads who a lock file says holds it. Everything that is not exactly the expected form names no owner.</summary>
public static partial class LockText
{
    /// <summary>The system writes no owner (Exim, Postfix, procmail's dummy <c>0</c>...).</summary>
    public static OwnerClaim? Nothing(FileContent content) => null;

    /// <summary><c>PID\n</c>, decimal (liblockfile with a pid flag, maildrop). <c>0</c> names no owner.</summary>
    public static OwnerClaim? PidLine(FileContent content) =>
        Match(PidLineForm(), content) is { } m && Pid(m.Groups[1].Value) is { } pid ? new OwnerClaim(pid) : null;

    /// <summary><c>PID</c> and nothing else (c-client's session lock, GNU mailutils with pid check).</summary>
    public static OwnerClaim? BarePid(FileContent content) =>
        Match(BarePidForm(), content) is { } m && Pid(m.Groups[1].Value) is { } pid ? new OwnerClaim(pid) : null;

    /// <summary><c>PID:HOST</c> without newline (Dovecot <c>file-dotlock.c</c>, Courier <c>liblock/mail.c</c>).</summary>
    public static OwnerClaim? PidAtHost(FileContent content) =>
        Match(PidAtHostForm(), content) is { } m && Pid(m.Groups[1].Value) is { } pid ? new OwnerClaim(pid, m.Groups[2].Value) : null;

    /// <summary>
    /// <c>HOST.PID\n</c>, the same line once or several times (SpamAssassin <c>Locker/UnixNFSSafe.pm</c>, which adds one with every attempt). The host is what
    /// its program finds out about the machine's full name, which need not be <c>uname -n</c>.
    /// </summary>
    public static OwnerClaim? HostDotPid(FileContent content) =>
        Match(HostDotPidForm(), content) is { } m && Pid(m.Groups[2].Value) is { } pid ? new OwnerClaim(pid, m.Groups[1].Value, HostIsConfigured: true) : null;

    /// <summary>
    /// FHS pid and <c>LCK..</c> files: white space, leading zeros, a pid, then anything on further lines (FHS 3.0 sections 3.15.2, 5.9).
    /// </summary>
    public static OwnerClaim? Fhs(FileContent content) =>
        Match(FhsForm(), content) is { } m && Pid(m.Groups[1].Value) is { } pid ? new OwnerClaim(pid) : null;

    /// <summary>
    /// Text of a device lock: the pid, padded or not, then whatever the program likes to add, as minicom's <c>      4711 minicom root</c>.
    /// </summary>
    public static OwnerClaim? Device(FileContent content) =>
        Match(DeviceForm(), content) is { } m && Pid(m.Groups[1].Value) is { } pid ? new OwnerClaim(pid) : null;

    /// <summary>A positive pid as decimal text without sign; null when it is 0 or larger than any kernel's pid_max (4,194,304).</summary>
    public static int? Pid(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid is > 0 and <= 4194304 ? pid : null;

    private static Match? Match(Regex form, FileContent content) =>
        content.Bytes is { Length: <= 512 } bytes && form.Match(Encoding.Latin1.GetString(bytes)) is { Success: true } m ? m : null;

    [GeneratedRegex(@"\A([0-9]{1,10})\n\z")]
    private static partial Regex PidLineForm();

    [GeneratedRegex(@"\A([1-9][0-9]{0,6})\z")]
    private static partial Regex BarePidForm();

    [GeneratedRegex(@"\A([0-9]{1,10}):([A-Za-z0-9._-]{1,255})\z")]
    private static partial Regex PidAtHostForm();

    [GeneratedRegex(@"\A([A-Za-z0-9._-]{1,255})\.([1-9][0-9]{0,6})\n(?:\1\.\2\n)*\z")]
    private static partial Regex HostDotPidForm();

    [GeneratedRegex(@"\A\s*0*([1-9][0-9]{0,9})\s*(?:\n[\s\S]*)?\z")]
    private static partial Regex FhsForm();

    [GeneratedRegex(@"\A\s*0*([1-9][0-9]{0,9})(?:\s[\s\S]*)?\z")]
    private static partial Regex DeviceForm();
}
