namespace Ops.Web.Shared;

/// <summary>How much a button changes, which decides how loud it is.</summary>
public enum ButtonTone
{
    /// <summary>Looks, closes, takes back.</summary>
    Plain,

    /// <summary>What the page is for.</summary>
    Primary,

    /// <summary>Changes a host or takes something away.</summary>
    Danger,

    /// <summary>The same, where it is not what most people came for.</summary>
    DangerOutlined,
}
