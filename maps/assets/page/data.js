/* Reads the page's data block; gives the other scripts columns, words and plain elements.
   All data reaches the screen as text nodes, never as markup. */
"use strict";
const Qingtu = {};
(function (Q) {
  Q.page = JSON.parse(document.getElementById("qingtu-data").textContent);
  const rows = Q.page.rows;

  Q.word = (key) => Q.page.words[key] ?? key;
  Q.count = (number) => number.toLocaleString("en-US");

  const reader = (column) => {
    if (!column) return () => null;
    if ("all" in column) return () => column.all;
    if (column.of) return (row) => column.of[column.at[row]];
    return (row) => column.list[row];
  };
  const readers = Object.fromEntries(Object.entries(rows.columns).map(([name, column]) => [name, reader(column)]));
  const cells = Object.entries(rows.cells).map(([name, column]) => [name, reader(column)]);

  /** A row's value in a column, or null. */
  Q.value = (row, name) => (readers[name] ? readers[name](row) : null);
  /** The row as it stood in the list: [column, text] pairs that are not blank. */
  Q.cells = (row) => cells.map(([name, read]) => [name, read(row)]).filter(([, text]) => text);
  Q.at = (row) => [rows.at[2 * row + 1], rows.at[2 * row]];
  Q.group = (row) => rows.groups[readers.group(row)];
  Q.title = (row) =>
    Q.value(row, "name") || Q.value(row, "kind_name") || Q.value(row, "description") || Q.value(row, "text") || "";
  Q.source = (row) => Q.sourceWords(Q.value(row, "sheet"), Q.value(row, "line"));
  Q.sourceWords = (sheet, line) => {
    const place = line == null ? "" : Q.word("line_n").replace("{n}", line);
    return [sheet, place].filter(Boolean).join(" ");
  };

  /** Steps in microdegrees to [lat, lon] pairs. */
  Q.path = (steps) => {
    const points = [];
    let x = 0;
    let y = 0;
    for (let at = 0; at < steps.length; at += 2) {
      x += steps[at];
      y += steps[at + 1];
      points.push([y / 1e6, x / 1e6]);
    }
    return points;
  };

  /** An element with a class, a text and children. */
  Q.element = (tag, className, content) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    for (const part of [content].flat()) {
      if (part == null) continue;
      made.append(part instanceof Node ? part : String(part));
    }
    return made;
  };
  Q.button = (className, label, onPress) => {
    const made = Q.element("button", className, label);
    made.type = "button";
    made.addEventListener("click", onPress);
    return made;
  };
  Q.svg = (tag, attributes, children = []) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  Q.narrow = () => window.innerWidth < 720;
})(Qingtu);
