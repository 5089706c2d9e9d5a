// The preview's table per sheet: every header is a menu of what the column means, every row has its state.
import { el, t } from "./page.js";

const STATES = { ready: ["good", "可导入"], remark: ["warn", "有备注"], refused: ["late", "不导入"] };

/** Tables of the sheets that are read; `change(edit)` lets `edit` alter the choices and asks again. */
export function sheetTables(answer, change) {
  const bySheet = Map.groupBy ? Map.groupBy(answer.sample, (row) => row.sheet) : groups(answer.sample);
  return answer.sheets
    .filter((sheet) => bySheet.has(sheet.name))
    .map((sheet) => sheetTable(answer, sheet, bySheet.get(sheet.name), change));
}

function groups(rows) {
  const found = new Map();
  for (const row of rows) found.set(row.sheet, [...(found.get(row.sheet) ?? []), row]);
  return found;
}

function sheetTable(answer, sheet, rows, change) {
  const header = sheet.header;
  const head = header.map((column) => el("th", { scope: "col" }, headerMenu(answer, column, change)));
  const kinds = rows.some((row) => row.kinds.length);
  const body = rows.map((row) => bodyRow(row, header, kinds));
  const hidden = sheet.rows - rows.length;
  return el("section", {},
    answer.sheets.length > 1 ? el("h4", {}, sheet.name) : "",
    sheet.titles.length ? el("p", { class: "small muted titles" }, `${t("标题：")}${sheet.titles.join(" · ")}`) : "",
    el("div", { class: "table-box" }, el("table", { class: "sheet" },
      el("thead", {}, el("tr", {}, el("th", { class: "n", scope: "col" }, t("行")), el("th", { scope: "col" }, t("状态")), kinds ? el("th", { scope: "col" }, t("认作")) : "", ...head)),
      el("tbody", {}, ...body))),
    hidden > 0 ? el("p", { class: "small muted" }, t("其余 {n} 行没有问题，这里不列。", { n: hidden })) : "",
  );
}

function bodyRow(row, header, kinds) {
  const [look, words] = STATES[row.state];
  const state = el("td", { class: "state" }, el("span", { class: `badge ${look}` }, t(words)),
    ...row.reasons.map((reason) => el("span", { class: "why" }, reason)),
    row.day ? el("span", { class: "why" }, t("日期读作 {day}", { day: row.day })) : "");
  const cells = header.map((column) => {
    const carried = row.carried.includes(column);
    const text = row.cells[column] ?? "";
    return el("td", { class: carried ? "carried" : false, title: carried ? t("沿用上面：{text}", { text }) : text },
      carried ? el("span", { class: "from-above", "aria-label": t("沿用上面的内容") }, "↑ ") : "", text);
  });
  return el("tr", { class: `is-${row.state}` }, el("td", { class: "n" }, String(row.line)), state, kinds ? kindCell(row.kinds) : "", ...cells);
}

/** The kinds a row would get; several certain ones are several cases. */
function kindCell(kinds) {
  const lines = kinds.map((kind) => el("div", { title: kind.reason }, kind.sure === "none" ? el("span", { class: "badge warn" }, t("类别未定")) : kind.name,
    kind.sure === "likely" ? el("span", { class: "badge warn" }, t("可能")) : ""));
  return el("td", { class: "nowrap" }, kinds.length > 1 ? el("span", { class: "badge" }, t("{rows} 行 {cases} 件", { rows: 1, cases: kinds.length })) : "", ...lines);
}

/** A column's header: its name, and a menu of roles under it that opens by a click on either. */
function headerMenu(answer, column, change) {
  const part = answer.parts.includes(column);
  const value = part ? "location" : answer.role_of[column] ?? "";
  const select = el("select", { class: "input", "data-column": column, "aria-label": t("“{name}”列是什么", { name: column }) },
    el("option", { value: "" }, t("（不用）")),
    ...Object.entries(answer.roles).map(([role, name]) => el("option", { value: role, selected: role === value }, name)),
    el("optgroup", { label: t("空格") },
      el("option", { value: "carry:on" }, t("空格沿用上面的内容")), el("option", { value: "carry:off" }, t("空格就是空")))
  );
  select.addEventListener("change", () => change((choices) => assign(answer, choices, column, value, select.value)));
  return el("label", { class: `column ${value ? "known" : ""}` }, el("span", {}, column), select,
    part && answer.role_of[column] ? el("span", { class: "small muted" }, `＋ ${answer.roles[answer.role_of[column]]}`) : "");
}

function assign(answer, choices, column, before, chosen) {
  if (chosen.startsWith("carry:")) {
    choices.carry = { ...choices.carry, [column]: chosen === "carry:on" };
    return;
  }
  // What is on the screen becomes the user's own: a later change must not lose an earlier one.
  const columns = { ...answer.columns, ...choices.columns };
  const parts = [...answer.parts];
  if (before === "location") parts.splice(parts.indexOf(column), 1);
  for (const [role, name] of Object.entries(columns)) if (name === column && role !== "location") columns[role] = "";
  if (chosen === "location") parts.push(column);
  else if (chosen) columns[chosen] = column;
  delete columns.location;
  choices.columns = columns;
  choices.location = parts;
}
