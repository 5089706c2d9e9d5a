// The preview of a list and the result of an import.
import { el, number, t } from "./page.js";

const POSITIONS = ["lon", "lat", "geometry"];

export function renderPreview(box, answer, { correct, choose, confirm }) {
  const kind = el("select", { onchange: (event) => choose(event.target.value) },
    ...[["problems", t("问题清单")], ["places", t("台账（场所）")]].map(([value, name]) => el("option", { value, selected: value === answer.list_kind }, name)));
  const datum = el("select", {}, el("option", { value: "" }, t("由系统判断")), ...["wgs84", "cgcs2000", "gcj02", "bd09"].map((name) => el("option", { value: name }, name.toUpperCase())));
  const trust = el("input", { type: "checkbox" });
  const placed = POSITIONS.some((role) => answer.columns[role]);
  const button = el("button", { type: "button", class: "button primary big", id: "confirm" }, t("确认导入"));
  button.addEventListener("click", () => confirm({ datum: datum.value, trust: trust.checked }, button));
  box.replaceChildren(
    el("p", { class: "num" }, el("strong", {}, answer.file_name), ` · ${t("共 {n} 行", { n: number(answer.rows) })}`,
      answer.cases ? ` · ${t("{rows} 行 {cases} 件", { rows: number(answer.rows - answer.refused), cases: number(answer.cases) })}` : "",
      answer.undecided ? el("span", { class: "muted" }, ` · ${t("其中 {n} 件类别待定", { n: number(answer.undecided) })}`) : "",
      answer.refused ? el("span", { class: "late" }, ` · ${t("其中 {n} 行不能用", { n: number(answer.refused) })}`) : ""),
    el("section", {}, el("h3", {}, t("各列的含义，认错了可以改")), mapping(answer, correct)),
    el("div", { class: "options" },
      el("label", { class: "field" }, el("span", {}, t("这是一份")), kind),
      placed ? el("label", { class: "field" }, el("span", {}, t("坐标系")), datum) : "",
      placed ? el("label", { class: "chip-check" }, trust, t("我确认坐标系无误")) : ""),
    answer.list_kind_reason ? el("p", { class: "small muted" }, answer.list_kind_reason) : "",
    answer.problems.length ? el("div", { class: "notice warn" }, el("ul", { class: "problems small" }, ...answer.problems.map((line) => el("li", {}, line)))) : "",
    sample(answer),
    el("div", {}, button),
  );
}

function mapping(answer, correct) {
  const selects = new Map();
  const changed = () => {
    const columns = {};
    for (const [role, select] of selects) if (select.value) columns[role] = select.value;
    correct(columns);
  };
  const fields = Object.entries(answer.roles).map(([role, name]) => {
    const select = el("select", { "data-role": role, onchange: changed }, el("option", { value: "" }, t("（没有）")),
      ...answer.header.map((column) => el("option", { value: column, selected: answer.columns[role] === column }, column)));
    selects.set(role, select);
    return el("label", { class: `field ${answer.columns[role] ? "known" : ""}` }, el("span", {}, name), select);
  });
  return el("div", { class: "mapping" }, ...fields);
}

function sample(answer) {
  const roleOf = Object.fromEntries(Object.entries(answer.columns).map(([role, column]) => [column, answer.roles[role]]));
  const head = answer.header.map((column) => el("th", {}, column, roleOf[column] ? el("span", { class: "role" }, roleOf[column]) : ""));
  const kinds = answer.sample.some((row) => row.kinds.length);
  const rows = answer.sample.map((row) => el("tr", {}, el("td", { class: "n" }, String(row.line)), kinds ? kindCell(row.kinds) : "", ...answer.header.map((column) => el("td", { title: row.cells[column] ?? "" }, row.cells[column] ?? ""))));
  return el("div", { class: "table-box" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", { class: "n" }, t("行")), kinds ? el("th", {}, t("认作")) : "", ...head)), el("tbody", {}, ...rows)));
}

/** The kinds a row would get; several certain ones are several cases. */
function kindCell(kinds) {
  const lines = kinds.map((kind) => el("div", { title: kind.reason }, kind.sure === "none" ? el("span", { class: "badge warn" }, t("类别未定")) : kind.name,
    kind.sure === "likely" ? el("span", { class: "badge warn" }, t("可能")) : ""));
  return el("td", { class: "nowrap" }, kinds.length > 1 ? el("span", { class: "badge" }, t("{rows} 行 {cases} 件", { rows: 1, cases: kinds.length })) : "", ...lines);
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
      summary.review ? el("a", { class: "button", href: "/review" }, t("去定位")) : "",
      summary.undecided ? el("a", { class: "button", href: "/review/kinds" }, t("去定类别")) : "",
      el("a", { class: "button", href: "/" }, t("在地图上看"))),
  );
}
