// The preview of a list and the result of an import.
import { sheetTables } from "./import-sheets.js";
import { el, number, t } from "./page.js";

const POSITIONS = ["lon", "lat", "geometry"];
const YEAR_FROM = { title: "取自标题", column: "取自同列的日期", before: "上次的答案", answer: "您的答案" };

export function renderPreview(box, answer, { change, reset, choose, confirm, place }) {
  const kind = el("select", { onchange: (event) => choose(event.target.value) },
    ...[["problems", t("问题清单")], ["places", t("台账（场所）")], ["inspections", t("检查结果")]].map(([value, name]) => el("option", { value, selected: value === answer.list_kind }, name)));
  const datum = el("select", {}, el("option", { value: "" }, t("由系统判断")), ...["wgs84", "cgcs2000", "gcj02", "bd09"].map((name) => el("option", { value: name }, name.toUpperCase())));
  const trust = el("input", { type: "checkbox" });
  const placed = POSITIONS.some((role) => answer.columns[role]);
  const button = el("button", { type: "button", class: "button primary big", id: "confirm", disabled: answer.ready === 0 }, t("确认导入"));
  button.addEventListener("click", () => confirm({ datum: datum.value, trust: trust.checked }, button));
  box.replaceChildren(
    counts(answer),
    answer.remembered ? el("p", { class: "notice" }, t("按上次对这类清单的改正读取。"), " ", el("button", { type: "button", class: "button small", id: "reset", onclick: reset }, t("改回自动识别"))) : "",
    answer.problems.length ? el("div", { class: "notice warn", role: "alert" }, ...answer.problems.map((line) => el("p", {}, line))) : "",
    questions(answer, change),
    answer.revision ? revision(answer.revision, place) : "",
    reasons(answer),
    sheets(answer, change),
    composition(answer, change),
    el("section", {}, el("h3", {}, t("各列的含义，认错了点表头改")), ...sheetTables(answer, change)),
    el("div", { class: "options" },
      el("label", { class: "field" }, el("span", {}, t("这是一份")), kind),
      placed ? el("label", { class: "field" }, el("span", {}, t("坐标系")), datum) : "",
      placed ? el("label", { class: "chip-check" }, trust, t("我确认坐标系无误")) : ""),
    answer.list_kind_reason ? el("p", { class: "small muted" }, answer.list_kind_reason) : "",
    el("div", {}, button),
  );
}

function counts(answer) {
  const figure = (id, name, value, late = false) => el("div", { class: late ? "is-late" : "" }, el("span", {}, name), el("strong", { class: "num", id }, number(value)));
  return el("div", {}, el("p", { class: "num" }, el("strong", {}, answer.file_name),
    answer.cases ? ` · ${t("{rows} 行 {cases} 件", { rows: number(answer.ready), cases: number(answer.cases) })}` : "",
    answer.undecided ? el("span", { class: "muted" }, ` · ${t("其中 {n} 件类别待定", { n: number(answer.undecided) })}`) : ""),
    el("div", { class: "figures" },
      figure("count-rows", t("共几行"), answer.rows), figure("count-ready", t("可导入"), answer.ready),
      figure("count-refused", t("不导入"), answer.refused, answer.refused > 0), figure("count-remarks", t("可导入、有备注"), answer.remarks)));
}

/** How a list of places meets its register, and what a person must say. */
function revision(found, place) {
  const figure = (name, value, late = false) => el("div", { class: late ? "is-late" : "" }, el("span", {}, name), el("strong", { class: "num" }, number(value)));
  const extent = (value, words) => el("label", { class: "chip-check" }, el("input", { type: "radio", name: "extent", value, onchange: () => place({ extent: value }) }), words);
  const fields = found.fields.map((one) => `${one.words} ${one.count}`).join("、");
  const names = (title, list) => (list.length ? el("details", {}, el("summary", {}, `${title} (${list.length})`), el("p", { class: "small" }, list.join("、"))) : "");
  return el("section", { class: "revision", id: "revision" },
    el("h3", {}, t("台账“{name}”", { name: found.register_name }), " ", el("span", { class: "small muted" }, found.register_reason)),
    el("div", { class: "figures" }, figure(t("新增"), found.new), figure(t("变更"), found.changed), figure(t("未变"), found.unchanged), figure(t("疑似关停"), found.vanished, found.vanished > 0), figure(t("请您核对"), found.asked, found.asked > 0)),
    fields ? el("p", { class: "small" }, `${t("变更的栏目")}：${fields}`) : "",
    found.positions ? el("p", { class: "notice warn" }, t("{n} 处人工移动过，清单的位置不同：位置未改，导入后请在场所页核对", { n: found.positions })) : "",
    found.doubt ? el("div", { class: "notice warn" }, el("p", {}, found.doubt), extent("whole", t("这是整份台账，缺的转“疑似关停”")), extent("part", t("这只是一部分，只新增和更新"))) : "",
    ...found.asked_rows.map((row) => asked(row, place)),
    names(t("新增"), found.new_rows), names(t("疑似关停"), found.vanished_places),
    found.changed_rows.length ? el("details", {}, el("summary", {}, `${t("变更")} (${found.changed_rows.length})`),
      el("ul", { class: "small" }, ...found.changed_rows.map((row) => el("li", {}, `${row.name}：${row.changes.map(([field, from, to]) => `${field} ${from || "—"} → ${to || "—"}`).join("；")}`)))) : "",
  );
}

function asked(row, place) {
  const pick = el("select", { onchange: (event) => place({ answers: { [row.row]: event.target.value } }) },
    el("option", { value: "" }, t("先作新增，以后再核对")), el("option", { value: "new" }, t("是新的一处")),
    ...row.places.map((one) => el("option", { value: one.id }, t("就是“{name}”（{where}）", { name: one.name, where: one.location_text }))));
  return el("label", { class: "field" }, el("span", {}, t("“{name}”（{where}）是台账中的哪一处？", { name: row.name, where: row.location_text })), pick);
}

function reasons(answer) {
  if (!answer.reasons.length) return "";
  const line = (reason) => el("li", { class: reason.refused ? "late" : false }, t("{n} 行：", { n: number(reason.rows) }), reason.words);
  return el("details", { class: "reasons", open: answer.refused > 0 }, el("summary", {}, t("为什么")), el("ul", { class: "problems small" }, ...answer.reasons.map(line)));
}

function questions(answer, change) {
  const dates = answer.choices.dates ?? {};
  const set = (key, value) => change((choices) => { choices.dates = { ...choices.dates, [key]: value }; });
  const controls = {
    order: () => options([["ymd", t("年-月-日")], ["dmy", t("日-月-年")], ["mdy", t("月-日-年")]], "order"),
    start: () => options([["1900", t("1900 年（Windows）")], ["1904", t("1904 年（老 Mac）")]], "start"),
    tenths: () => options([["as_written", t("就是写的那天")]], "tenths"),
    year: () => el("input", { class: "input", type: "number", min: 1990, max: 2100, inputmode: "numeric", value: dates.year ?? "", "data-answer": "year", onchange: (event) => set("year", event.target.value ? Number(event.target.value) : null) }),
    written_on: () => el("input", { class: "input", type: "date", value: dates.written_on ?? "", "data-answer": "written_on", onchange: (event) => set("written_on", event.target.value || null) }),
  };
  function options(pairs, key) {
    return el("select", { class: "input", "data-answer": key, onchange: (event) => set(key, event.target.value || null) },
      el("option", { value: "" }, t("（先不定，按导入日期）")), ...pairs.map(([value, name]) => el("option", { value, selected: dates[key] === value }, name)));
  }
  const asked = answer.questions.map((question) => el("label", { class: "question" }, el("span", {}, question.words), controls[question.kind]()));
  const known = answer.year && !answer.questions.some((question) => question.kind === "year")
    ? el("label", { class: "question known-year" }, el("span", { class: "small" }, t("没写年份的日期按这一年（{source}）", { source: t(YEAR_FROM[answer.year_from] ?? "取自标题") })), yearField(answer.year, set)) : "";
  if (!asked.length && !known) return "";
  return el("section", { class: asked.length ? "notice warn questions" : "questions" }, asked.length ? el("h3", {}, t("日期有不清楚的地方，请回答")) : "", ...asked, known);
}

function yearField(year, set) {
  return el("input", { class: "input", type: "number", min: 1990, max: 2100, inputmode: "numeric", value: year, "data-answer": "year", onchange: (event) => set("year", event.target.value ? Number(event.target.value) : null) });
}

function sheets(answer, change) {
  const plain = answer.sheets.length === 1 && answer.sheets[0].state === "list";
  const lines = answer.sheets.filter((sheet) => sheet.state !== "empty").map((sheet) => sheetLine(sheet, change));
  const empty = answer.sheets.filter((sheet) => sheet.state === "empty").map((sheet) => el("p", { class: "small muted" }, sheet.words));
  if (!answer.sheets.some((sheet) => sheet.head.length)) return "";
  return el("details", { class: "sheets", open: !plain }, el("summary", {}, t("工作表和表头")), ...lines, ...empty);
}

function sheetLine(sheet, change) {
  const edit = (values) => change((choices) => {
    const before = choices.sheets?.[sheet.name] ?? {};
    choices.sheets = { ...choices.sheets, [sheet.name]: { ...before, ...values } };
  });
  const use = el("input", { type: "checkbox", checked: sheet.state === "list", "data-sheet": sheet.name, onchange: (event) => edit({ use: event.target.checked }) });
  const from = el("input", { class: "input", type: "number", min: 0, max: 1048576, value: sheet.header_line, inputmode: "numeric", "data-header": sheet.name });
  const height = el("select", { class: "input" }, ...[1, 2].map((n) => el("option", { value: n, selected: n === sheet.header_lines }, t("{n} 行", { n }))));
  const moved = () => edit({ use: true, header: Number(from.value), lines: Number(height.value), names: null });
  from.addEventListener("change", moved);
  height.addEventListener("change", moved);
  const at = (line) => el("button", { type: "button", class: "button small", "aria-label": t("第 {line} 行作表头", { line }), onclick: () => { from.value = line; moved(); } }, t("作表头"));
  const inHeader = (line) => line >= sheet.header_line && line < sheet.header_line + sheet.header_lines;
  return el("div", { class: "sheet-line" },
    el("label", { class: "chip-check" }, use, sheet.words),
    !sheet.head.length ? "" : el("div", { class: "header-place" }, el("label", {}, t("表头从第"), " ", from, " ", t("行起，占"), " ", height), el("span", { class: "small muted" }, t("（0 表示没有表头）"))),
    !sheet.head.length ? "" : el("details", {}, el("summary", { class: "small" }, t("看前几行")), el("div", { class: "table-box" }, el("table", { class: "head-rows" }, el("tbody", {},
      ...sheet.head.map(([line, cells]) => el("tr", { class: inHeader(line) ? "is-header" : false }, el("td", { class: "n" }, String(line)), el("td", {}, at(line)), ...cells.map((cell) => el("td", {}, cell)))))))));
}

function composition(answer, change) {
  const parts = answer.parts;
  const rest = answer.header.filter((column) => !parts.includes(column));
  if (!answer.header.length) return "";
  const put = (next) => change((choices) => { choices.location = next; });
  const swap = (i, j) => { const next = [...parts]; [next[i], next[j]] = [next[j], next[i]]; put(next); };
  const chip = (column, i) => el("li", { class: "part" },
    el("button", { type: "button", "aria-label": t("把“{name}”往前移", { name: column }), disabled: i === 0, onclick: () => swap(i, i - 1) }, "‹"),
    el("span", {}, column),
    el("button", { type: "button", "aria-label": t("把“{name}”往后移", { name: column }), disabled: i === parts.length - 1, onclick: () => swap(i, i + 1) }, "›"),
    el("button", { type: "button", "aria-label": t("去掉“{name}”", { name: column }), onclick: () => put(parts.filter((name) => name !== column)) }, "×"));
  const add = el("select", { class: "input", id: "add-part", "aria-label": t("位置再加一列"), onchange: (event) => event.target.value && put([...parts, event.target.value]) },
    el("option", { value: "" }, t("＋ 加一列")), ...rest.map((column) => el("option", { value: column }, column)));
  const shown = answer.sample.filter((row) => row.state !== "refused" && row.location).slice(0, 3).map((row) => el("li", {}, row.location));
  return el("section", { class: "composition" }, el("h3", {}, t("位置由这些列合成")), el("ul", { class: "parts", id: "parts" }, ...parts.map(chip), el("li", {}, add)),
    shown.length ? el("ul", { class: "small muted examples" }, ...shown) : "",
    answer.columns.area ? el("p", { class: "small muted" }, t("“{name}”作为所属区域，不写进位置。", { name: answer.columns.area })) : "");
}

export function renderSummary(box, summary) {
  const figure = (name, value, late = false) => el("div", { class: late ? "is-late" : "" }, el("span", {}, name), el("strong", { class: "num" }, number(value)));
  box.replaceChildren(
    el("p", { class: "notice good", role: "status" }, t("导入完成：{rows} 行全部有着落。", { rows: number(summary.rows) })),
    el("div", { class: "figures", id: "summary" },
      figure(t("已导入"), summary.imported), figure(t("合并（已有同一件）"), summary.merged),
      figure(t("拒绝"), summary.refused, summary.refused > 0), figure(t("待定位"), summary.review),
      ...(summary.list_kind === "problems" ? [figure(t("立案件数"), summary.cases), figure(t("待定类别"), summary.undecided)] : [])),
    el("div", { class: "actions" },
      el("a", { class: "button primary", href: `/imports/${summary.import_id}` }, t("看逐行结果")),
      summary.refused ? el("a", { class: "button", href: `/api/imports/${summary.import_id}/corrected.xlsx` }, t("下载改正用的表")) : "",
      summary.review ? el("a", { class: "button", href: "/review" }, t("去定位")) : "",
      summary.undecided ? el("a", { class: "button", href: "/review/kinds" }, t("去定类别")) : "",
      el("a", { class: "button", href: "/" }, t("在地图上看")),
      el("button", { type: "button", class: "button danger", "data-undo": summary.import_id }, t("撤销本次导入"))),
  );
}
