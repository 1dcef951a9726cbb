using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>Every message between agent and console with all its fields filled, as it is on the wire: <c>tests/Goldens/wire.jsonl</c>. A forgotten, renamed or dropped field shows as a difference.
/// Recorded again with <c>OPS_RECORD_GOLDENS=1</c>, which only adds: agents and consoles of different ages talk to each other.</summary>
public sealed class WireGoldenTests
{
    private const string Golden = "tests/Goldens/wire.jsonl";

    private static readonly IReadOnlyList<Type> Messages = [.. typeof(OpsJson).GetCustomAttributesData()
        .Where(a => a.AttributeType == typeof(JsonSerializableAttribute)).Select(a => (Type)a.ConstructorArguments[0].Value!)
        .Where(t => t.Assembly == typeof(OpsJson).Assembly).OrderBy(t => t.Name, StringComparer.Ordinal)];

    [Fact]
    public void Every_message_has_the_fields_of_its_golden()
    {
        var lines = Messages.Select(t => new JsonObject { ["type"] = t.Name, ["message"] = JsonNode.Parse(Json(t)) }).ToList();
        var now = lines.SelectMany(Fields).ToHashSet(StringComparer.Ordinal);
        var kept = Repository.Read(Golden).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!.AsObject()).SelectMany(Fields);
        Assert.True(kept.Where(f => !now.Contains(f)).ToList() is [], $"Fields are only ever added. Missing now: {string.Join(", ", kept.Where(f => !now.Contains(f)))}");
        Repository.Check(Golden, string.Concat(lines.Select(l => l.ToJsonString() + "\n")));
    }

    [Fact]
    public void Every_message_is_read_back_as_it_was_written()
    {
        foreach (var type in Messages)
        {
            var json = Json(type);
            var read = JsonSerializer.Deserialize(json, type, OpsJson.Default);
            Assert.Equal(json, JsonSerializer.Serialize(read, type, OpsJson.Default));
        }
    }

    [Fact]
    public void Everything_that_agent_and_console_say_to_each_other_has_a_golden()
    {
        var said = new[] { typeof(IAgentHub), typeof(IAgentClient) }.SelectMany(i => i.GetMethods())
            .SelectMany(m => m.GetParameters().Select(p => p.ParameterType).Append(m.ReturnType))
            .Select(t => t.IsGenericType ? t.GetGenericArguments()[0] : t)
            .Where(t => t.Assembly == typeof(OpsJson).Assembly).ToHashSet();
        Assert.NotEmpty(said);
        Assert.Empty(said.Except(Messages).Select(t => t.Name));
    }

    private static string Json(Type type) => JsonSerializer.Serialize(Filled(type, type.Name), type, OpsJson.Default);

    private static IEnumerable<string> Fields(JsonObject line) => Fields(line["message"], line["type"]!.GetValue<string>());

    private static IEnumerable<string> Fields(JsonNode? node, string at) => node switch
    {
        JsonObject fields => fields.SelectMany(f => Fields(f.Value, $"{at}.{f.Key}")),
        JsonArray items => items.SelectMany(i => Fields(i, at + "[]")),
        _ => [at],
    };

    private static object Filled(Type type, string name)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return name;
        if (type == typeof(byte[]))
            return new byte[] { 1, 2, 3 };
        if (type == typeof(bool))
            return true;
        if (type == typeof(Guid))
            return new Guid("0b5a7c1e-0000-4000-8000-000000000001");
        if (type == typeof(DateTimeOffset))
            return new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        if (type.IsPrimitive)
            return Convert.ChangeType(7, type, System.Globalization.CultureInfo.InvariantCulture);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return ListOf(type.GetGenericArguments()[0], name);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
            return MapOf(type.GetGenericArguments(), name);
        Assert.True(type.Assembly == typeof(OpsJson).Assembly || type.Assembly == typeof(Integrity.AuditDocument).Assembly, $"{name}: say here how a {type} is filled");
        return Message(type);
    }

    private static Array ListOf(Type item, string name)
    {
        var list = Array.CreateInstance(item, 1);
        list.SetValue(Filled(item, name), 0);
        return list;
    }

    private static IDictionary MapOf(Type[] types, string name)
    {
        var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(types))!;
        map.Add(Filled(types[0], name), Filled(types[1], name));
        return map;
    }

    private static object Message(Type type)
    {
        var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First();
        var made = constructor.Invoke([.. constructor.GetParameters().Select(p => Filled(p.ParameterType, JsonNamingPolicy.CamelCase.ConvertName(p.Name!)))]);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
            property.SetValue(made, Filled(property.PropertyType, JsonNamingPolicy.CamelCase.ConvertName(property.Name)));
        return made;
    }
}
