using System.Globalization;

namespace Ops.Web.Shared;

/// <summary>How long something has been so, in two units at most. <c>wwwroot/js/app.js</c> formats the same way when it ticks.</summary>
public static class Ages
{
    public static string Format(TimeSpan age)
    {
        var seconds = Math.Max(0, (long)age.TotalSeconds);
        return seconds switch
        {
            < 60 => Text($"{seconds} s"),
            < 3600 => Text($"{seconds / 60} m {seconds % 60:00} s"),
            < 86_400 => Text($"{seconds / 3600} h {seconds / 60 % 60:00} m"),
            _ => Text($"{seconds / 86_400} d {seconds / 3600 % 24:00} h"),
        };
    }

    /// <summary>A rule's duration, in the largest unit that divides it: "30 minutes", "36 hours".</summary>
    public static string Rule(TimeSpan duration) => duration switch
    {
        { Ticks: 0 } => "0 seconds",
        _ when duration.Ticks % TimeSpan.TicksPerDay == 0 => Labels.Count((int)duration.TotalDays, "day"),
        _ when duration.Ticks % TimeSpan.TicksPerHour == 0 => Labels.Count((int)duration.TotalHours, "hour"),
        _ when duration.Ticks % TimeSpan.TicksPerMinute == 0 => Labels.Count((int)duration.TotalMinutes, "minute"),
        _ => Labels.Count((int)duration.TotalSeconds, "second"),
    };

    /// <summary>The moment from which the age of a finding counts: for files the younger of ctime and mtime, for kernel locks when the lock was first
    /// seen (the kernel does not report when it was taken).</summary>
    public static DateTimeOffset? Start(Finding finding) => finding switch
    {
        { Lock: not null } => finding.Since ?? finding.Process?.StartedAt,
        { Identity: { } file } => file.Ctime > file.Mtime ? file.Ctime : file.Mtime,
        _ => finding.Since,
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
