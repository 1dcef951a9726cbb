using Microsoft.AspNetCore.Identity;

namespace Ops.Data;

/// <summary>Someone who may sign in to the console.</summary>
public sealed class OpsUser : IdentityUser
{
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Shut out by an administrator. The minutes after wrong passwords end by themselves and say nothing about who is signed in already.</summary>
    public bool IsDisabled => LockoutEnd >= DateTimeOffset.MaxValue.AddDays(-1);
}
