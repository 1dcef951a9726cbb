using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Operations;

namespace Ops.Web.Tests.Acts;

/// <summary>An agent that is asked again after a restart gets the very same request: every field of it is in the row.</summary>
public sealed class OperationWireTests
{
    public static TheoryData<string> FieldsOfTheRequest => [.. typeof(ExecuteRequest).GetProperties().Where(p => p.CanWrite).Select(p => p.Name)];

    public static TheoryData<string> FieldsOfTheTarget => [.. typeof(ActTarget).GetProperties().Where(p => p.CanWrite).Select(p => p.Name)];

    [Theory, MemberData(nameof(FieldsOfTheRequest))]
    public void Every_field_of_a_request_is_filled_from_the_row(string field)
    {
        var request = OperationWire.RequestOf(Filled(), head: new string('a', 64));

        var value = typeof(ExecuteRequest).GetProperty(field)!.GetValue(request);
        Assert.NotNull(value);
        Assert.NotEqual(value.GetType().IsValueType ? Activator.CreateInstance(value.GetType()) : "", value);
    }

    [Theory, MemberData(nameof(FieldsOfTheTarget))]
    public void Every_field_of_a_target_changes_the_row(string field)
    {
        var target = new ActTarget("host-1", "lock:1", "kill", new ProcessRef(4711, 1, Guid.NewGuid()), 7, Guid.NewGuid());
        var property = typeof(ActTarget).GetProperty(field)!;
        var other = target with { };
        property.SetValue(other, property.GetValue(target) is string ? "other" : null);

        Assert.NotEqual(Kept(target), Kept(other));
    }

    private static string Kept(ActTarget target)
    {
        var row = OperationWire.New(target, "mx1", "/mail/alice", null, "olga", "it hangs", "sha256:1");
        return string.Join('\n', typeof(Operation).GetProperties().Where(p => p.Name != nameof(Operation.Id)).Select(p => $"{p.Name} {p.GetValue(row)}"));
    }

    private static Operation Filled()
    {
        var row = OperationWire.New(
            new("host-1", "lock:1", "kill", new ProcessRef(4711, 1, Guid.NewGuid()), 7, Guid.NewGuid()), "mx1", "/mail/alice", "L21haWwvYWxpY2U=", "olga", "it hangs", "sha256:1");
        row.Fingerprint = "sha256:1";
        row.Approvers = """["anna"]""";
        row.BreakGlass = "nobody else is here";
        return row;
    }
}
