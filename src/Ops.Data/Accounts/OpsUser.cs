using Microsoft.AspNetCore.Identity;

namespace Ops.Data;

/// <summary>Someone who may sign in to the console.</summary>
public sealed class OpsUser : IdentityUser
{
    public DateTimeOffset CreatedAt { get; set; }
}
