using Ops.Data;

namespace Ops.Web;

/// <summary><c>ops-console backup DIR</c> and <c>ops-console restore DIR</c>: the console's data, with the options of the console.</summary>
internal static class BackupCommand
{
    private const int Usage = 2;

    // That of `ops verify-audit` for a chain that is broken.
    private const int Broken = 5;

    /// <summary>The exit code, or null: the arguments are those of a console that is to run.</summary>
    public static async Task<int?> RunAsync(string[] args, WebOptions options)
    {
        if (args is not [("backup" or "restore") and var word, ..])
            return null;
        if (args is not [_, var directory, ..] || directory.StartsWith('-'))
        {
            Console.Error.WriteLine($"Name a directory: {word} DIR [--data DIR]");
            return Usage;
        }
        try
        {
            var found = word == "backup"
                ? await ConsoleBackup.SaveAsync(options.Database, options.ConnectionString, options.DataDirectory, directory)
                : await ConsoleBackup.RestoreAsync(options.Database, options.ConnectionString, options.DataDirectory, directory);
            Console.WriteLine($"{(word == "backup" ? "Saved to" : "Restored from")} {Path.GetFullPath(directory)}. The audit is {found.Sentence}");
            foreach (var remark in found is AuditVerification.Intact { Remarks: var remarks } ? remarks : [])
                Console.WriteLine(remark);
            return found is AuditVerification.Intact ? 0 : Broken;
        }
        catch (Exception e) when (StorageFailure.Is(e))
        {
            Console.Error.WriteLine(e is DataDirectoryException ? e.Message : StorageFailure.Sentence(e, options.DataDirectory));
            return StorageFailure.ExitCode;
        }
    }
}
