// Schemas: their names, rules, members and samples.

function resolve(node) {
  const seen = new Set();
  while (node && node.$ref && !seen.has(node.$ref)) {
    seen.add(node.$ref);
    const { $ref, ...beside } = node;
    const target = $ref
      .slice(2)
      .split("/")
      .reduce((place, key) => place?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], doc);
    node = { ...target, ...beside };
  }
  return node ?? {};
}

const types = (schema) => [schema.type ?? []].flat();
const isNull = (schema) => types(schema).join() === "null";
const name = (schema) => schema?.$ref?.split("/").pop();

function kind(schema) {
  const full = resolve(schema);
  const either = full.anyOf ?? full.oneOf;
  if (either) return either.map(kind).join(" or ");
  if (types(full).includes("array"))
    return [`list of ${kind(full.items ?? {})}`, ...types(full).filter((type) => type !== "array")].join(" or ");
  const plain = types(full).join(" or ") || (full.properties ? "object" : "anything");
  return [name(schema) ?? plain, full.format && `(${full.format})`].filter(Boolean).join(" ");
}

function rules(schema) {
  const said = {
    minimum: "at least",
    exclusiveMinimum: "more than",
    maximum: "at most",
    exclusiveMaximum: "less than",
    minLength: "min. length",
    maxLength: "max. length",
    minItems: "min. items",
    maxItems: "max. items",
    pattern: "matches",
    default: "default",
  };
  const rules = Object.entries(said)
    .filter(([key]) => schema[key] !== undefined)
    .map(([key, words]) => `${words} ${JSON.stringify(schema[key])}`);
  if (schema.enum) rules.push(`one of ${schema.enum.map((value) => JSON.stringify(value)).join(", ")}`);
  if (schema.examples?.length) rules.push(`e.g. ${JSON.stringify(schema.examples[0])}`);
  return rules.join("; ");
}

// Nested members are drawn when they are opened, so that schemas may refer to themselves.
function fields(schema) {
  const full = resolve(schema);
  const inner = full.anyOf ?? full.oneOf ?? full.allOf;
  if (inner) return inner.filter((part) => !isNull(part)).flatMap(fields);
  if (types(full).includes("array")) return fields(full.items ?? {});
  const rows = Object.entries(full.properties ?? {}).map(([key, property]) => {
    const target = resolve(property);
    const nested = canOpen(property)
      ? lazy(el("summary", { class: "rule" }, "its members"), () => fields(property))
      : null;
    return el(
      "li",
      {},
      el("code", {}, key),
      ` ${kind(property)} `,
      full.required?.includes(key) ? el("strong", {}, "required") : "",
      prose(target.description),
      el("div", { class: "rule" }, rules(target)),
      nested,
    );
  });
  return rows.length ? [el("ul", { class: "fields" }, rows)] : [];
}

function canOpen(schema, depth = 0) {
  const full = resolve(schema);
  return (
    depth < 4 &&
    Boolean(
      full.properties ||
      [full.anyOf, full.oneOf, full.allOf, full.items].flat().some((part) => part && canOpen(part, depth + 1)),
    )
  );
}

function lazy(summary, draw, attributes = {}) {
  const details = el("details", attributes, summary);
  details.addEventListener(
    "toggle",
    () => details.open && details.childElementCount === 1 && details.append(el("div", {}, draw())),
  );
  return details;
}

function sample(schema, depth = 0) {
  const full = resolve(schema);
  if (full.examples?.length) return full.examples[0];
  for (const known of [full.default, full.const, full.enum?.[0]]) if (known !== undefined) return known;
  const inner = (full.anyOf ?? full.oneOf ?? []).find((part) => !isNull(part));
  if (inner) return sample(inner, depth + 1);
  if (full.allOf) return Object.assign({}, ...full.allOf.map((part) => sample(part, depth + 1)));
  switch (types(full)[0]) {
    case "array":
      return depth > 5 ? [] : [sample(full.items ?? {}, depth + 1)];
    case "integer":
    case "number":
      return full.minimum ?? 1;
    case "boolean":
      return true;
    case "string":
      return (
        { uuid: "a1b2c3d4-e5f6-4890-abcd-ef1234567890", "date-time": "2027-01-01T00:00:00.000Z", date: "2027-01-01" }[
          full.format
        ] ?? "text"
      );
    default:
      return depth > 5
        ? {}
        : Object.fromEntries(
            Object.entries(full.properties ?? {}).map(([key, part]) => [key, sample(part, depth + 1)]),
          );
  }
}

const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
