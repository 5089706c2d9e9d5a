// The preview of a list and the result of an import.
import { el, number, t } from "./page.js";

const POSITIONS = ["lon", "lat", "geometry"];

export function renderPreview(box, answer, { correct, choose, confirm, place }) {
  const kind = el("select", { onchange: (event) => choose(event.target.value) },
    ...[["problems", t("问题清单")], ["places", t("台账（场所）")], ["inspections", t("检查结果")]].map(([value, name]) => el("option", { value, selected: value === answer.list_kind }, name)));
  const datum = el("select", {}, el("option", { value: "" }, t("由系统判断")), ...["wgs84", "cgcs2000", "gcj02", "bd09"].map((name) => el("option", { value: name }, name.toUpperCase())));
  const trust = el("input", { type: "checkbox" });
  const placed = POSITIONS.some((role) => answer.columns[role]);
  const button = el("button", { type: "button", class: "button primary big", id: "confirm" }, t("确认导入"));
  button.addEventListener("click", () => confirm({ datum: datum.value, trust: trust.checked }, button));
  box.replaceChildren(
    el("p", { class: "num" }, el("strong", {}, answer.file_name), ` · ${t("共 {n} 行", { n: number(answer.rows) })}`,
      answer.refused ? el("span", { class: "late" }, ` · ${t("其中 {n} 行不能用", { n: number(answer.refused) })}`) : ""),
    el("section", {}, el("h3", {}, t("各列的含义，认错了可以改")), mapping(answer, correct)),
    el("div", { class: "options" },
      el("label", { class: "field" }, el("span", {}, t("这是一份")), kind),
      placed ? el("label", { class: "field" }, el("span", {}, t("坐标系")), datum) : "",
      placed ? el("label", { class: "chip-check" }, trust, t("我确认坐标系无误")) : ""),
    answer.revision ? revision(answer.revision, place) : "",
    answer.list_kind_reason ? el("p", { class: "small muted" }, answer.list_kind_reason) : "",
    answer.problems.length ? el("div", { class: "notice warn" }, el("ul", { class: "problems small" }, ...answer.problems.map((line) => el("li", {}, line)))) : "",
    sample(answer),
    el("div", {}, button),
  );
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
    found.doubt ? el("div", { class: "notice warn" }, el("p", {}, found.doubt), extent("whole", t("这是整份台账，缺的转“疑似关停”")), extent("part", t("这只是一部分，只新增和更新"))) : "",
    ...found.asked_rows.map((row) => asked(row, place)),
    names(t("新增"), found.new_rows), names(t("疑似关停"), found.vanished_places),
    found.changed_rows.length ? el("details", {}, el("summary", {}, `${t("变更")} (${found.changed_rows.length})`),
      el("ul", { class: "small" }, ...found.changed_rows.map((row) => el("li", {}, `${row.name}：${row.changes.map(([field, from, to]) => `${field} ${from || "—"} → ${to || "—"}`).join("；")}`)))) : "",
  );
}

const answers = {};

function asked(row, place) {
  const pick = el("select", { onchange: (event) => { answers[row.row] = event.target.value; place({ answers: { ...answers } }); } },
    el("option", { value: "" }, t("先作新增，以后再核对")), el("option", { value: "new" }, t("是新的一处")),
    ...row.places.map((one) => el("option", { value: one.id }, t("就是“{name}”（{where}）", { name: one.name, where: one.location_text }))));
  return el("label", { class: "field" }, el("span", {}, t("“{name}”（{where}）是台账中的哪一处？", { name: row.name, where: row.location_text })), pick);
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
  const rows = answer.sample.map((row) => el("tr", {}, el("td", { class: "n" }, String(row.line)), ...answer.header.map((column) => el("td", { title: row.cells[column] ?? "" }, row.cells[column] ?? ""))));
  return el("div", { class: "table-box" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", { class: "n" }, t("行")), ...head)), el("tbody", {}, ...rows)));
}

export function renderSummary(box, summary) {
  const figure = (name, value, late = false) => el("div", { class: late ? "is-late" : "" }, el("span", {}, name), el("strong", { class: "num" }, number(value)));
  box.replaceChildren(
    el("p", { class: "notice good", role: "status" }, t("导入完成：{rows} 行全部有着落。", { rows: number(summary.rows) })),
    el("div", { class: "figures", id: "summary" },
      figure(t("已导入"), summary.imported), figure(t("合并（已有同一件）"), summary.merged),
      figure(t("拒绝"), summary.refused, summary.refused > 0), figure(t("待定位"), summary.review)),
    el("div", { class: "actions" },
      el("a", { class: "button primary", href: `/imports/${summary.import_id}` }, t("看逐行结果")),
      summary.review ? el("a", { class: "button", href: "/review" }, t("去定位")) : "",
      el("a", { class: "button", href: "/" }, t("在地图上看"))),
  );
}
