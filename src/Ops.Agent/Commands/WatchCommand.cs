using System.Text.Json;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops watch</c>: an engine whose console is this terminal.</summary>
internal static class WatchCommand
{
    public static async Task<int> RunAsync(AgentSettings settings, Terminal terminal, bool json, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            var clock = TimeProvider.System;
            using var engine = new AgentEngine(settings, clock);
            engine.MeasureProcess();
            await engine.RunAsync(new Screen(terminal, json, clock, ended.Cancel), ended.Token);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C, or the other end of the pipe is closed: both are how a watch ends.
        }
        return ExitCode.Done;
    }

    private sealed class Screen(Terminal terminal, bool json, TimeProvider clock, Action unread) : IAgentHub
    {
        private readonly Dictionary<string, Finding> _known = [];
        private IReadOnlyList<BlindSpot> _blind = [];

        public Task Hello(Hello hello) => Tell(hello.BlindSpots);

        public Task Snapshot(SnapshotChunk chunk)
        {
            foreach (var finding in chunk.Findings)
                Show("opened", finding);
            return Flush();
        }

        public Task Delta(Delta delta)
        {
            foreach (var finding in delta.Opened)
                Show("opened", finding);
            foreach (var finding in delta.Changed)
                Show("changed", finding);
            foreach (var key in delta.Closed)
            {
                if (_known.Remove(key, out var finding))
                    Show("closed", finding);
            }
            return Flush();
        }

        public Task Heartbeat(Heartbeat heartbeat) => Tell(heartbeat.BlindSpots);

        public Task Progress(OperationProgress progress) => Task.CompletedTask;

        private void Show(string change, Finding finding)
        {
            if (change != "closed")
                _known[finding.Key] = finding;
            if (json)
            {
                terminal.Line(JsonSerializer.Serialize(new WatchLine(change, finding), OpsJson.Default.WatchLine));
                return;
            }
            var cells = new[] { clock.GetLocalNow().ToString("HH:mm:ss", null), change, finding.Verdict, finding.Kind, finding.OwnerText(), Terminal.PathOf(finding) };
            terminal.Line(terminal.IsInteractive ? terminal.Paint(string.Join("  ", cells), change == "closed" ? "" : finding.Verdict) : string.Join('\t', cells));
        }

        private Task Tell(IReadOnlyList<BlindSpot> blind)
        {
            foreach (var spot in blind.Except(_blind))
                terminal.Remark($"ops: not seen: {spot.Area}: {FilePath.Escape(spot.Detail)}");
            _blind = blind;
            return Task.CompletedTask;
        }

        private Task Flush()
        {
            if (!terminal.Flush())
                unread();
            return Task.CompletedTask;
        }
    }
}
