using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ops.Contracts;
using Ops.Incidents;
using Ops.Integrity;

namespace Ops.Agent.Tests;

/// <summary>Schemas of what <c>--json</c> prints, written from the contracts and their documentation.</summary>
internal static partial class JsonSchema
{
    private static readonly JsonSerializerOptions Wire = new(OpsJson.Default.Options) { TypeInfoResolver = JsonTypeInfoResolver.Combine(OpsJson.Default, IncidentsJson.Default, IntegrityJson.Default) };

    private static readonly Lazy<Dictionary<string, XElement>> Docs = new(() => new[] { "Ops.Contracts.xml", "Ops.Incidents.xml", "Ops.Integrity.xml" }
        .SelectMany(f => XDocument.Load(Path.Join(AppContext.BaseDirectory, f)).Descendants("member")).ToDictionary(m => m.Attribute("name")!.Value, StringComparer.Ordinal));

    public static JsonObject Of(Type type, string title)
    {
        var schema = Wire.GetJsonSchemaAsNode(type, new() { TransformSchemaNode = Complete, TreatNullObliviousAsNonNullable = true }).AsObject();
        var head = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = title };
        foreach (var (name, value) in schema.ToList())
        {
            schema.Remove(name);
            head[name] = value;
        }
        return head;
    }

    /// <summary>The first way in which a value does not follow its schema; null when it does. Fields that the schema does not name are a fault here.</summary>
    public static string? Fault(JsonObject root, JsonNode schema, JsonNode? value, string at = "$")
    {
        if (schema["$ref"] is { } reference)
            return Fault(root, reference.GetValue<string>().TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate((JsonNode)root, (node, part) => node[part]!), value, at);
        List<string> types = schema["type"] switch
        {
            null => [],
            JsonArray several => [.. several.Select(t => t!.GetValue<string>())],
            var one => [one.GetValue<string>()],
        };
        if (types.Count > 0 && !types.Contains(TypeOf(value)) && !(TypeOf(value) == "integer" && types.Contains("number")))
            return $"{at} is {TypeOf(value)}, not {string.Join(" or ", types)}";
        if (schema["enum"] is JsonArray words && !words.Any(w => JsonNode.DeepEquals(w, value)))
            return $"{at} is {value?.ToJsonString()}, which is not one of its words";
        if (value is JsonArray items && schema["items"] is { } each)
            return items.Select((item, i) => Fault(root, each, item, $"{at}[{i}]")).FirstOrDefault(f => f is not null);
        if (value is not JsonObject fields || schema["properties"] is not JsonObject known)
            return null;
        return known.Where(k => !fields.ContainsKey(k.Key)).Select(k => $"{at} lacks {k.Key}").FirstOrDefault()
            ?? fields.Select(f => known[f.Key] is { } of ? Fault(root, of, f.Value, $"{at}.{f.Key}") : $"{at} has {f.Key}, which the schema does not name").FirstOrDefault(f => f is not null);
    }

    private static JsonNode Complete(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema)
            return node;
        // What is written has every field, though a reader must bear that older writers lack some.
        if (schema["properties"] is JsonObject properties)
            schema["required"] = new JsonArray([.. properties.Select(p => (JsonNode)p.Key)]);
        if (context.PropertyInfo is { } property && Description(property.DeclaringType, property.Name) is { } text)
            schema.Insert(0, "description", text);
        if (context.PropertyInfo is { Name: "verdict" } verdict && verdict.DeclaringType == typeof(Finding))
            schema["enum"] = new JsonArray([.. Enum.GetValues<Locks.VerdictWord>().Select(w => (JsonNode)Words.Of(w))]);
        return schema;
    }

    /// <summary>Documentation of a property, or of the parameter of a record.</summary>
    private static string? Description(Type owner, string name)
    {
        var property = char.ToUpperInvariant(name[0]) + name[1..];
        var found = Docs.Value.GetValueOrDefault($"P:{owner.FullName}.{property}")?.Element("summary")
            ?? Docs.Value.GetValueOrDefault($"T:{owner.FullName}")?.Elements("param").FirstOrDefault(p => p.Attribute("name")?.Value == property);
        if (found is null)
            return null;
        foreach (var reference in found.Descendants().Where(e => e.Name == "see" || e.Name == "paramref").ToList())
            reference.ReplaceWith(Camel((reference.Attribute("cref") ?? reference.Attribute("name"))!.Value.Split('.', ':')[^1]));
        return Blank().Replace(found.Value, " ").Trim();
    }

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private static string TypeOf(JsonNode? value) => value switch
    {
        null => "null",
        JsonArray => "array",
        JsonObject => "object",
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            _ => value.ToJsonString().AsSpan().ContainsAny('.', 'e', 'E') ? "number" : "integer",
        },
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();
}
