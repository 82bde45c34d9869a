// Calls: as a curl command, and made from here.

const mediaOf = (holder) => Object.entries(holder?.content ?? {})[0] ?? [];
const example = (media) =>
  pretty(media.example ?? Object.values(media.examples ?? {})[0]?.value ?? sample(media.schema));
const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const schemes = () => doc.components?.securitySchemes ?? {};

// The header of a scheme; other kinds of schemes are not tried from here.
function header(scheme, secret) {
  if (scheme.type === "apiKey" && scheme.in === "header") return [scheme.name, secret];
  if (scheme.type === "http" && scheme.scheme?.toLowerCase() === "bearer") return ["Authorization", `Bearer ${secret}`];
}

function needed(operation) {
  const alternatives = operation.security ?? doc.security ?? [];
  const chosen = alternatives.find((all) => Object.keys(all).every((id) => secrets.get(id))) ?? alternatives[0] ?? {};
  return Object.keys(chosen).map((id) => [id, schemes()[id] ?? {}]);
}

function request(method, path, operation, form) {
  const query = new URLSearchParams();
  const headers = {};
  let target = path;
  for (const { parameter, input } of form.inputs) {
    const value = input.value;
    if (parameter.in === "path")
      target = target.replace(`{${parameter.name}}`, value ? encodeURIComponent(value) : `{${parameter.name}}`);
    else if (value && parameter.in === "query") query.append(parameter.name, value);
    else if (value && parameter.in === "header") headers[parameter.name] = value;
  }
  if (form.body?.value) headers["Content-Type"] = form.media;
  return {
    method: method.toUpperCase(),
    target: target + (query.size ? `${target.includes("?") ? "&" : "?"}${query}` : ""),
    headers,
    body: form.body?.value || undefined,
  };
}

const shellName = (id) =>
  id
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replace(/\W/g, "_")
    .toUpperCase();

function curl(call, operation) {
  const lines = [`curl -X ${call.method} ${quote((doc.servers?.[0]?.url ?? "") + call.target)}`];
  for (const [id, scheme] of needed(operation)) {
    const [key, value] = header(scheme, `$${shellName(id)}`) ?? [];
    if (key) lines.push(`-H "${key}: ${value}"`);
  }
  for (const [key, value] of Object.entries(call.headers)) lines.push(`-H ${quote(`${key}: ${value}`)}`);
  if (call.body) lines.push(`-d ${quote(call.body)}`);
  return lines.join(" \\\n  ");
}

async function send(call, operation, out) {
  out.replaceChildren("Waiting …");
  const headers = { ...call.headers };
  for (const [id, scheme] of needed(operation)) {
    const [key, value] = secrets.get(id) ? (header(scheme, secrets.get(id)) ?? []) : [];
    if (key) headers[key] = value;
  }
  const begun = performance.now();
  try {
    const response = await fetch(new URL(call.target.slice(1), new URL(".", location.href)), {
      method: call.method,
      headers,
      body: call.body,
      credentials: "omit",
      cache: "no-store",
    });
    const text = await response.text();
    let body = text;
    try {
      body = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      /* not JSON: shown as it came */
    }
    const told = [...response.headers].map(([key, value]) => `${key}: ${value}`).join("\n");
    out.replaceChildren(
      el(
        "p",
        {},
        el("strong", {}, `${response.status} ${response.statusText}`),
        ` in ${Math.round(performance.now() - begun)} ms`,
      ),
      el("details", {}, el("summary", {}, "Headers"), el("pre", { tabindex: 0 }, told)),
      el("pre", { tabindex: 0 }, body || "(no body)"),
    );
  } catch (error) {
    out.replaceChildren(el("p", {}, `No answer: ${error.message}`));
  }
}

let serial = 0;
function tryIt(method, path, operation, parameters) {
  const form = { inputs: [] };
  const line = el("pre", { tabindex: 0, "aria-label": "curl command" });
  const out = el("div", { role: "status" });
  const call = () => request(method, path, operation, form);
  const redraw = () => {
    line.textContent = curl(call(), operation);
  };
  const rows = parameters.map((parameter) => {
    const id = `input-${++serial}`;
    const choices = resolve(parameter.schema).enum;
    const start = parameter.required ? String(parameter.example ?? sample(parameter.schema)) : "";
    const input = choices
      ? el(
          "select",
          { id },
          [...(parameter.required ? [] : [""]), ...choices].map((value) =>
            el("option", { selected: value === start }, String(value ?? "null")),
          ),
        )
      : el("input", { id, value: start, autocomplete: "off", spellcheck: "false" });
    input.addEventListener("input", redraw);
    form.inputs.push({ parameter, input });
    return [
      el(
        "label",
        { for: id },
        el("code", {}, parameter.name),
        ` in ${parameter.in}${parameter.required ? ", required" : ""}`,
      ),
      input,
    ];
  });
  const [type, media] = mediaOf(resolve(operation.requestBody));
  if (type) {
    const id = `input-${++serial}`;
    form.media = type;
    form.body = el("textarea", { id, spellcheck: "false", oninput: redraw }, example(media));
    rows.push([el("label", { for: id }, `Body, ${type}`), form.body]);
  }
  const copy =
    navigator.clipboard &&
    el("button", { type: "button", onclick: () => navigator.clipboard.writeText(line.textContent) }, "Copy curl");
  redraw();
  return [
    el("h4", {}, "Try it"),
    el(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          send(call(), operation, out);
        },
      },
      rows,
      line,
      el("button", {}, "Send"),
      copy,
    ),
    out,
  ];
}
