using Bunit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.Audit;

namespace Ops.Web.Tests.Pages;

public sealed class AuditDetailTests : PageTest, IAsyncLifetime
{
    private readonly ConsoleFactory _console = new();

    async Task IAsyncLifetime.InitializeAsync()
    {
        await _console.InitializeAsync();
        Services.AddFallbackServiceProvider(_console.Services);
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await ((IAsyncLifetime)_console).DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_operation_whose_row_was_edited_shows_so_in_its_details(bool edited)
    {
        var log = _console.Services.GetRequiredService<OperationLog>();
        var operation = new Operation { Id = Guid.NewGuid(), HostId = HostId, Host = "mail1", Action = "break", Path = "/mail/inbox.lock", PathBytes = "", FindingKey = "", Fingerprint = "f", Actor = "olga", Reason = "the owner is gone" };
        await log.IntendAsync(operation);
        await log.EndAsync(operation.Id, OperationState.Done, "Broken.");
        if (edited)
        {
            await using var db = await _console.Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync();
            await db.Operations.ExecuteUpdateAsync(set => set.SetProperty(o => o.Outcome, "Nothing was done."));
        }

        var detail = Render<AuditDetail>(p => p.Add(d => d.Entry, _console.AuditAsync().Result[^1]));
        detail.WaitForElement("h3");
        Assert.Equal(edited, detail.Markup.Contains("does not match the audit", StringComparison.Ordinal));
    }
}
