"use strict";
// Everything that comes out of the document or a response is put on the page as text, never as markup.
let doc;
const secrets = new Map();
const METHODS = ["get", "post", "put", "patch", "delete"];
const at = (id) => document.getElementById(id);

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
  return node;
}

// Text with `code` in it.
const inline = (text) =>
  text.split(/(`[^`]+`)/).map((piece) => (/^`.+`$/.test(piece) ? el("code", {}, piece.slice(1, -1)) : piece));

// Paragraphs and lists: as much Markdown as descriptions use.
function prose(text) {
  const item = /^\s*[-*] /;
  const blocks = (text ?? "").split(/\n\s*\n/).filter(Boolean);
  return blocks.map((block) => {
    const rows = block.split("\n");
    if (!rows.every((row) => item.test(row))) return el("p", {}, inline(block));
    const items = rows.map((row) => el("li", {}, inline(row.replace(item, ""))));
    return el("ul", {}, items);
  });
}
