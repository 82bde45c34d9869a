// The page as a whole.

function answers(operation) {
  return Object.entries(operation.responses ?? {}).map(([status, given]) => {
    const response = resolve(given);
    const [type, media] = mediaOf(response);
    return lazy(el("summary", {}, el("strong", {}, status), ` ${response.description ?? ""}`), () =>
      [
        Object.entries(response.headers ?? {}).map(([key, value]) =>
          el("div", { class: "rule" }, el("code", {}, key), ` ${resolve(value).description ?? ""}`),
        ),
        type
          ? [
              el("div", { class: "soft" }, `${type}: ${kind(media.schema ?? {})}`),
              fields(media.schema),
              el("pre", { tabindex: 0 }, example(media)),
            ]
          : [],
      ].flat(2),
    );
  });
}

function draw(method, path, operation, shared, callable) {
  const parameters = [...(shared ?? []), ...(operation.parameters ?? [])].map(resolve);
  const wanted = needed(operation)
    .map(([id]) => id)
    .join(" and ");
  const body = resolve(operation.requestBody);
  const [type, media] = mediaOf(body);
  return [
    prose(operation.description),
    callable ? el("p", { class: "soft" }, wanted ? `Credential: ${wanted}` : "No credential needed") : null,
    parameters.length
      ? [
          el("h4", {}, "Parameters"),
          el(
            "ul",
            { class: "fields" },
            parameters.map((parameter) =>
              el(
                "li",
                {},
                el("code", {}, parameter.name),
                ` in ${parameter.in}, ${kind(parameter.schema)} `,
                parameter.required ? el("strong", {}, "required") : "",
                prose(parameter.description),
                el("div", { class: "rule" }, rules(resolve(parameter.schema))),
              ),
            ),
          ),
        ]
      : [],
    type
      ? [
          el("h4", {}, `Body, ${type}${body.required ? ", required" : ""}`),
          prose(body.description),
          fields(media.schema),
          el("pre", { tabindex: 0 }, example(media)),
        ]
      : [],
    el("h4", {}, "Answers"),
    answers(operation),
    callable ? tryIt(method, path, operation, parameters) : [],
  ]
    .flat(2)
    .filter((node) => node !== null);
}

function build() {
  const groups = new Map((doc.tags ?? []).map((tag) => [tag.name, { about: tag.description, rows: [] }]));
  const add = (paths, callable, group) => {
    for (const [path, item] of Object.entries(paths ?? {}))
      for (const method of METHODS.filter((known) => item[known])) {
        const operation = item[method];
        const tag = group ?? operation.tags?.[0] ?? "Other";
        if (!groups.has(tag)) groups.set(tag, { rows: [] });
        const id = operation.operationId ?? `${method}-${path}`;
        const summary = el(
          "summary",
          {},
          el("span", { class: `method ${method}` }, method.toUpperCase()),
          " ",
          el("h3", {}, el("code", {}, path)),
          " ",
          el("span", { class: "soft" }, operation.summary ?? ""),
        );
        const details = lazy(summary, () => draw(method, path, operation, item.parameters, callable), {
          class: "operation",
          id,
        });
        const link = el("li", {}, el("a", { href: `#${encodeURIComponent(id)}` }, operation.summary ?? id));
        groups.get(tag).rows.push({
          details,
          link,
          words: `${id} ${method} ${path} ${operation.summary ?? ""} ${tag}`.toLowerCase(),
        });
      }
  };
  add(doc.paths, true);
  add(doc.webhooks, false, "Webhooks");
  const drawn = [...groups]
    .filter(([, group]) => group.rows.length)
    .map(([tag, group]) => ({
      group,
      section: el(
        "section",
        {},
        el("h2", {}, tag),
        prose(group.about),
        group.rows.map((row) => row.details),
      ),
      entry: el(
        "div",
        {},
        el("strong", {}, tag),
        el(
          "ul",
          {},
          group.rows.map((row) => row.link),
        ),
      ),
    }));
  at("main").replaceChildren(...drawn.map((each) => each.section));
  at("index").replaceChildren(...drawn.map((each) => each.entry));
  at("find").addEventListener("input", ({ target }) => {
    const words = target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { group, section, entry } of drawn) {
      for (const row of group.rows)
        row.details.hidden = row.link.hidden = !words.every((word) => row.words.includes(word));
      section.hidden = entry.hidden = group.rows.every((row) => row.link.hidden);
    }
  });
}

function credentials() {
  return Object.entries(schemes())
    .filter(([, scheme]) => header(scheme, ""))
    .map(([id, scheme]) => {
      const input = el("input", {
        id: `secret-${id}`,
        type: "password",
        autocomplete: "off",
        oninput: () => secrets.set(id, input.value.trim()),
      });
      return [el("label", { for: `secret-${id}` }, el("code", {}, id), " ", inline(scheme.description ?? "")), input];
    })
    .flat();
}

function openTarget() {
  const target = at(decodeURIComponent(location.hash.slice(1)));
  if (target?.matches("details")) {
    target.open = true;
    target.scrollIntoView();
    target.firstElementChild.focus();
  }
}

async function start() {
  try {
    const response = await fetch("openapi.json");
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    doc = await response.json();
  } catch (error) {
    at("state").textContent = `The document could not be read: ${error.message}`;
    return;
  }
  at("title").textContent = document.title = `${doc.info.title} ${doc.info.version}`;
  at("about").replaceChildren(...prose(doc.info.description));
  at("credentials").replaceChildren(...credentials());
  build();
  addEventListener("hashchange", openTarget);
  openTarget();
}
start();
