// What the server put into the page: looks, words, who is asking. Read once.
const element = document.getElementById("page-data");

export const page = element ? JSON.parse(element.textContent) : {};

// Marks that belong to the pages' own design (tokens.css), for drawing on the map.
if (page.style) {
  const own = getComputedStyle(document.documentElement);
  for (const name of ["chosen", "cluster", "late"]) page.style[name] = own.getPropertyValue(`--${name}`).trim();
}

/** A sentence in the page's language; Chinese is the key, `{name}` is filled in. */
export function t(text, values = {}) {
  const sentence = page.words?.[text] ?? text;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Make an element: `el("p", {class: "small"}, "text", child)`. Text is always text, never HTML. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function number(value, digits = 0) {
  return new Intl.NumberFormat(page.lang === "en" ? "en" : "zh-CN", { maximumFractionDigits: digits }).format(value);
}
