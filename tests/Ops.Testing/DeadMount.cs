using System.Diagnostics;

namespace Ops.Testing;

/// <summary>A file system whose server never answers: a FUSE mount that nobody serves. Needs root.</summary>
public sealed class DeadMount : IDisposable
{
    private readonly string _path;
    private readonly Process _mounter;

    public DeadMount(string path)
    {
        _path = path;
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true };
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        foreach (var argument in (string[])["-c", "exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 dead-server \"$0\" && echo mounted; exec sleep 1000", path])
            start.ArgumentList.Add(argument);
        _mounter = Process.Start(start)!;
        Assert.Equal("mounted", _mounter.StandardOutput.ReadLine());
    }

    public void Dispose()
    {
        _mounter.Kill();
        _mounter.WaitForExit();
        _mounter.Dispose();
        using var unmount = Process.Start("umount", ["--lazy", _path]);
        unmount.WaitForExit();
    }
}
