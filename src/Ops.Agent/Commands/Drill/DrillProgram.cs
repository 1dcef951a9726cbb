namespace Ops.Agent;

/// <summary>How this program starts itself once more.</summary>
/// <param name="Program">What is started.</param>
/// <param name="Arguments">What comes before the words of the command.</param>
internal sealed record DrillProgram(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>This program as it was started: by itself, or as a library that <c>dotnet</c> runs.</summary>
    public static DrillProgram Own => Of(Environment.ProcessPath ?? throw new PlatformNotSupportedException("the path of this program is not known"), Environment.GetCommandLineArgs()[0]);

    /// <param name="process">Path of the program that runs.</param>
    /// <param name="first">First word of the command line: the library, where a host runs one.</param>
    public static DrillProgram Of(string process, string first) => Path.GetFileName(process) == "dotnet" ? new(process, [first]) : new(process, []);
}
