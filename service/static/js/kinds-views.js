// What the page of kind rules shows: own rules, what a tried text gives, what reading anew changes, exceptions.
import { el, number, page, t } from "./page.js";
import { symbolElement } from "./symbols.js";

const list = (words) => words.join("、");
const badge = (kind) => el("span", { class: `badge ${kind.sure === "certain" ? "good" : "warn"}` }, kind.sure_words);

export function renderOwn(body, rules, { edit, turn }) {
  if (!rules.length) {
    body.replaceChildren(el("tr", {}, el("td", { colspan: "7" }, el("div", { class: "empty" }, t("还没有自己的规则；上面写一条，或从“待定类别”里立。")))));
    return;
  }
  body.replaceChildren(...rules.map((rule) => el("tr", { class: rule.active ? "" : "off", "data-rule": rule.id },
    el("td", { class: "nowrap" }, rule.means ? `${t("别名")} → ${rule.means}` : rule.kind ? `${rule.kind} ${rule.kind_name}` : rule.kind_name, rule.sure === "likely" ? el("span", { class: "badge warn" }, t("可能")) : ""),
    el("td", { class: "words" }, list(rule.words)), el("td", {}, list(rule.beside)), el("td", {}, list(rule.unless)), el("td", { class: "sub" }, rule.example),
    el("td", { class: "nowrap sub" }, rule.changed_by, el("div", { class: "num" }, when(rule.changed_at))),
    el("td", { class: "nowrap" }, el("button", { class: "button quiet", type: "button", onclick: () => edit(rule) }, t("修改")),
      el("button", { class: "button quiet", type: "button", onclick: () => turn(rule) }, rule.active ? t("停用") : t("启用"))))));
}

function when(text) {
  return text ? new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone: "Asia/Shanghai" }).format(new Date(text)) : "";
}

export function renderTried(box, tried) {
  if (!tried) return box.replaceChildren(el("p", { class: "muted small" }, t("写一句描述，这里马上显示认作什么、为什么。正在写的规则也一起算。")));
  const lines = tried.found.length ? tried.found.map(line) : [el("p", { class: "notice warn" }, tried.reason)];
  const certain = tried.found.filter((kind) => kind.sure === "certain").length;
  box.replaceChildren(...lines,
    certain > 1 ? el("p", { class: "small" }, t("{rows} 行 {cases} 件", { rows: 1, cases: tried.cases })) : "",
    tried.before ? el("p", { class: "small muted" }, t("没有正在写的这条规则时：{kinds}", { kinds: tried.before.map((kind) => `${kind.kind_name}（${kind.sure_words}）`).join("、") || t("未定") })) : "");
}

function line(kind) {
  return el("div", { class: "kind-line", "data-kind": kind.kind }, badge(kind), el("b", {}, `${kind.kind} ${kind.kind_name}`),
    el("span", { class: "command-chip" }, symbolElement({ command: kind.command }), kind.command_name), el("small", {}, kind.own ? `${t("本单位规则")} · ${kind.reason}` : kind.reason));
}

export function renderReread(box, answer, confirm) {
  const head = answer.done ? t("已改 {n} 件，另立 {m} 件；还有 {k} 件待定。", { n: number(answer.changed), m: number(answer.more_cases), k: number(answer.still_undecided) })
    : t("待定 {n} 件，会变 {m} 件，另立 {k} 件。", { n: number(answer.undecided), m: number(answer.changed), k: number(answer.more_cases) });
  const rows = answer.items.map((item) => el("tr", {}, el("td", { class: "n" }, el("a", { href: `/cases/${item.id}` }, String(item.number))), el("td", {}, item.text || "—", el("div", { class: "sub" }, item.place)),
    el("td", {}, `${item.before}（${item.before_sure}）`), el("td", {}, ...item.after.map((kind) => el("div", {}, `${kind.kind_name} `, badge(kind), el("div", { class: "sub" }, kind.reason))))));
  box.replaceChildren(el("p", { class: answer.done ? "notice good" : "", role: "status" }, head),
    rows.length ? el("div", { class: "table-box" }, el("table", { class: "rules" }, el("thead", {}, el("tr", {}, el("th", { class: "n" }, t("案件")), el("th", {}, t("描述")), el("th", {}, t("现在")), el("th", {}, t("改成")))), el("tbody", {}, ...rows))) : "",
    !answer.done && rows.length ? el("div", { class: "actions" }, el("button", { class: "button primary", type: "button", id: "confirm-reread", onclick: confirm }, t("确认重读，改 {n} 件", { n: number(answer.changed) }))) : "");
}

export function renderUploaded(box, answer, confirm) {
  const counts = t("共 {rows} 行 = 新增 {added} + 修改 {changed} + 相同 {same} + 不能用 {refused}", answer);
  const shown = answer.items.filter((item) => item.outcome !== "same").slice(0, 100);
  const words = { added: t("新增"), changed: t("修改"), refused: t("不能用") };
  box.replaceChildren(el("p", { class: answer.dry_run ? "notice" : "notice good" }, counts),
    shown.length ? el("ul", { class: "problems small" }, ...shown.map((item) => el("li", {}, `${item.line}：${words[item.outcome]} ${item.words} ${item.reason}`))) : "",
    answer.dry_run && answer.added + answer.changed ? el("div", { class: "actions" }, el("button", { class: "button primary", type: "button", id: "confirm-upload", onclick: confirm }, t("确认上传"))) : "");
}

export function exceptionRow(row, { up, remove }) {
  const kind = el("select", { name: "kind", class: "input", "aria-label": t("类别") }, el("option", { value: "" }, t("（任何类别）")), ...page.kinds.map((one) => el("option", { value: one.code, selected: one.code === row.kind }, `${one.code} ${one.name}`)));
  const place = el("input", { name: "place_class", class: "input", value: row.place_class, maxlength: "60", placeholder: t("（任何场所）"), "aria-label": t("场所类别") });
  const command = el("select", { name: "command", class: "input", "aria-label": t("指挥部") }, ...page.commands.map((one) => el("option", { value: one.code, selected: one.code === row.command }, `${one.code} ${one.short}`)));
  const made = el("tr", {}, el("td", {}, kind), el("td", {}, place), el("td", {}, command),
    el("td", { class: "nowrap" }, el("button", { class: "button quiet", type: "button", onclick: () => up(made) }, t("上移")), el("button", { class: "button quiet", type: "button", onclick: () => remove(made) }, t("删去"))));
  return made;
}
