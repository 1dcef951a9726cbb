using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Data;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Acts;

public sealed class RescueDownloadTests : IAsyncLifetime, IDisposable
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, (2 * RescueDownload.ChunkBytes) + 17).Select(i => (byte)(i * 31))];

    private readonly ConsoleFactory _console = new();
    private readonly FakeAgent _agent = new();
    private readonly Guid _id = Guid.NewGuid();

    private static RescuedFile Rescued { get; } = new("/var/lib/mailstore-ops/rescued/1", Bytes.Length, Convert.ToHexStringLower(SHA256.HashData(Bytes)), 0, []);

    public async Task InitializeAsync()
    {
        await _console.InitializeAsync();
        await _console.UserAsync("anna", OpsRoles.Admin);
        await _console.UserAsync("olga", OpsRoles.Operator);
        _agent.OnFetchRescued = request => Task.FromResult(Chunk(request, Bytes));
        var services = _console.Services;
        var session = new AgentSession(
            _agent, "test", isEmbedded: false, services.GetRequiredService<LiveState>(), services.GetRequiredService<AgentDirectory>(), LiveLimits.Default,
            TimeProvider.System, NullLogger<AgentSession>.Instance);
        await session.Hello(Some.Hello());
        var log = services.GetRequiredService<OperationLog>();
        await log.IntendAsync(new() { Id = _id, HostId = "host-1", Host = "mail1", Action = Act.Rescue, FindingKey = "k", Path = "/var/mail/bob", Actor = "anna", Reason = "ghost" });
        await log.EndAsync(_id, OperationState.Done, "saved", new() { Rescued = JsonSerializer.Serialize(Rescued, OpsJson.Default.RescuedFile) });
    }

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task An_administrator_gets_the_bytes_whole_and_each_time_is_a_row()
    {
        using var visitor = await SignedInAsync("anna");
        foreach (var times in (int[])[1, 2])
        {
            using var answer = await visitor.GetAsync(RescueDownload.AddressOf(_id));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(Bytes, await answer.Content.ReadAsByteArrayAsync());
            Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
            Assert.True(answer.Headers.CacheControl!.NoStore);
            var rows = (await _console.AuditAsync()).Where(e => e.Action == AuditActions.RescueDownload).ToList();
            Assert.Equal(times, rows.Count);
            Assert.All(rows, r => Assert.Equal(("anna", "/var/mail/bob", (Guid?)_id), (r.Actor, r.Path, r.OperationId)));
        }
    }

    [Fact]
    public async Task A_download_of_another_user_is_refused_and_the_agent_is_not_asked()
    {
        using var visitor = await SignedInAsync("olga");
        using var refused = await visitor.GetAsync(RescueDownload.AddressOf(_id));
        Assert.Equal("/denied", refused.Headers.Location!.AbsolutePath);
        using var stranger = new Visitor(_console.Address);
        using var turnedAway = await stranger.GetAsync(RescueDownload.AddressOf(_id));
        Assert.Equal("/sign-in", turnedAway.Headers.Location!.AbsolutePath);
        Assert.DoesNotContain(await _console.AuditAsync(), e => e.Action == AuditActions.RescueDownload);
    }

    [Fact]
    public async Task What_was_not_rescued_is_not_found()
    {
        using var visitor = await SignedInAsync("anna");
        using var answer = await visitor.GetAsync(RescueDownload.AddressOf(Guid.NewGuid()));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Bytes_that_are_not_the_rescued_ones_never_come_to_an_end()
    {
        var forged = (byte[])Bytes.Clone();
        forged[^1] ^= 1;
        _agent.OnFetchRescued = request => Task.FromResult(Chunk(request, forged));
        using var visitor = await SignedInAsync("anna");
        await Assert.ThrowsAnyAsync<HttpRequestException>(async () =>
        {
            using var answer = await visitor.GetAsync(RescueDownload.AddressOf(_id));
            await answer.Content.ReadAsByteArrayAsync();
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_file_that_shrank_or_an_agent_that_gives_nothing_ends_the_copy(int fault)
    {
        _agent.OnFetchRescued = _ => Task.FromResult(fault == 0 ? new RescueChunk([1], 1, Last: true) : new RescueChunk([], Bytes.Length, Last: false));
        using var to = new MemoryStream();
        Assert.NotNull(await RescueDownload.CopyAsync(_agent, _id, Rescued, to, TimeSpan.FromSeconds(5), TimeProvider.System, default));
        Assert.Equal(0, to.Length);
    }

    private static RescueChunk Chunk(RescueFetch request, byte[] bytes)
    {
        var part = bytes.AsSpan((int)request.Offset, (int)Math.Min(request.Count, bytes.Length - request.Offset)).ToArray();
        return new(part, bytes.Length, request.Offset + part.Length == bytes.Length);
    }

    private async Task<Visitor> SignedInAsync(string name)
    {
        var visitor = new Visitor(_console.Address);
        using var answer = await visitor.SignInAsync(name, ConsoleFactory.Password);
        return visitor;
    }
}
