// Importing a list of people: preview, answer what is unclear, import, print the slips.
import { request } from "./api.js";
import { newId } from "./ids.js";
import { el, page, t } from "./page.js";
import { showSlips } from "./people-slips.js";
import { tell } from "./toast.js";

const node = (id) => document.getElementById(id);
const roleName = Object.fromEntries(page.roles.map((role) => [role.code, role.name]));
const state = { upload: null, answers: {}, plan: null, key: newId() };
const words = { add: t("新增"), change: t("变更"), same: t("不变"), ask: t("待定"), skip: t("不导入"), refused: t("不能用") };
const fieldWords = { display_name: t("姓名"), role: t("角色"), zones: t("负责"), command: t("指挥部"), unit: t("单位"), phone: t("电话") };

function fresh() {
  return { columns: {}, duties: {}, roles: {}, people: {}, disable: [], leaders: true };
}

function form() {
  const body = new FormData();
  body.append("answers", JSON.stringify(state.answers));
  if (state.upload) body.append("upload", state.upload);
  return body;
}

function problem(error) {
  node("problem").hidden = !error;
  node("problem").textContent = error?.message ?? "";
}

node("source").addEventListener("submit", async (event) => {
  event.preventDefault();
  Object.assign(state, { upload: null, answers: fresh(), key: newId() });
  const body = form();
  const file = node("file").files[0];
  if (file) body.append("file", file);
  else body.append("text", node("text").value);
  await look(body);
});

async function look(body) {
  try {
    state.plan = await request("/api/people/import/preview", { method: "POST", body });
    state.upload = state.plan.upload;
    problem(null);
    render();
  } catch (error) {
    problem(error);
    node("problem").scrollIntoView({ block: "nearest" });
  }
}

/** An answer changes the plan: the server is asked again. */
function answer(kind, key, value) {
  if (value === null) delete state.answers[kind][key];
  else state.answers[kind][key] = value;
  state.key = newId();
  look(form());
}

async function write(button) {
  button.disabled = true;
  const body = form();
  body.append("seen", state.plan.digest);
  try {
    const done = await request("/api/people/import", { method: "POST", body, headers: { "idempotency-key": state.key } });
    node("source").hidden = true;
    node("preview").replaceChildren(el("p", { class: "notice good", role: "status", id: "done" }, t("已写入：新增 {added}，变更 {changed}，不变 {same}，停用 {disabled}，分包领导 {leaders}；没有导入 {left}。", done)), el("a", { class: "button", href: "/people" }, t("回到人员")));
    if (done.first_passwords?.length) showSlips(done.first_passwords);
  } catch (error) {
    button.disabled = false;
    tell(error);
    if (error.status === 409) look(form());
  }
}

function render() {
  const plan = state.plan;
  const asked = plan.people.filter((one) => one.ask === "person" || one.ask === "role");
  node("preview").replaceChildren(
    el("section", { class: "card stack" }, el("h2", {}, `${plan.file_name}`), el("p", { id: "summary" }, t("{lines} 行：新增 {add}，变更 {change}，不变 {same}，待定 {ask}，不导入 {skip}，不能用 {refused}", { lines: plan.lines, ...plan.counts })), columns(plan)),
    plan.duties.length ? el("section", { class: "card stack" }, el("h2", {}, t("这些职务是什么角色？")), ...plan.duties.map(dutyQuestion)) : "",
    asked.length ? el("section", { class: "card stack" }, el("h2", {}, t("请您定")), ...asked.map(personQuestion)) : "",
    el("section", {}, el("h2", {}, t("名单上的人")), peopleTable(plan)),
    plan.leaders.length ? leaders(plan) : "", plan.vanished.length ? vanished(plan) : "", plan.refused.length ? refused(plan) : "",
    el("div", { class: "actions sticky" }, el("button", { class: "button primary big", type: "button", id: "write", onclick: (event) => write(event.target) }, t("写入：新增 {add}，变更 {change}", plan.counts)), plan.counts.ask ? el("span", { class: "small muted" }, t("{n} 人待定，这次不写", { n: plan.counts.ask })) : ""));
}

function columns(plan) {
  const select = (one) => el("label", { class: "field" }, el("span", {}, one.words), el("select", { onchange: (event) => answer("columns", one.role, event.target.value) }, el("option", { value: "" }, t("（没有）")), ...plan.header.map((name) => el("option", { value: name, selected: name === one.header }, name))));
  return el("details", {}, el("summary", {}, t("哪一列是什么（认错了在这里改）")), el("div", { class: "columns" }, ...plan.columns.map(select)));
}

function roleSelect(chosenRole, change, first) {
  return el("select", { class: "input", "aria-label": t("角色"), onchange: (event) => change(event.target.value) }, ...first, ...page.roles.map((role) => el("option", { value: role.code, selected: role.code === chosenRole }, role.name)));
}

function dutyQuestion(one) {
  const select = roleSelect("", (value) => answer("duties", one.key, value === "-" ? "" : value), [el("option", { value: "?", selected: true, disabled: true }, t("请选角色")), el("option", { value: "-" }, t("不导入这些人"))]);
  return el("div", { class: "question", "data-duty": one.key }, el("div", {}, el("b", {}, one.text || t("（没写职务）")), el("span", { class: "muted" }, ` ${t("{n} 人", { n: one.count })}：${one.names.join("、")}`), el("div", { class: "sub" }, one.reason)), select,
    one.suggested ? el("button", { class: "button", type: "button", onclick: () => answer("duties", one.key, one.suggested) }, t("就是{role}", { role: roleName[one.suggested] })) : "");
}

function personQuestion(one) {
  const buttons = one.ask === "role"
    ? one.roles.map((role) => el("button", { class: "button", type: "button", onclick: () => answer("roles", one.key, role) }, roleName[role]))
    : [...one.options.map((option) => el("button", { class: "button", type: "button", onclick: () => answer("people", one.key, `is:${option.id}`) }, `${option.active ? t("就是") : t("启用")} ${option.display_name}（${roleName[option.role]}，${t("登录名")} ${option.name}）`)), el("button", { class: "button", type: "button", onclick: () => answer("people", one.key, "new") }, t("是另一个人，新增"))];
  return el("div", { class: "question", "data-key": one.key }, el("div", {}, el("b", {}, one.name), ` ${roleName[one.role] ?? ""} ${one.phone}`, el("div", { class: "sub" }, one.reason)), ...buttons, el("button", { class: "button quiet", type: "button", onclick: () => answer("people", one.key, "skip") }, t("不导入")));
}

function peopleTable(plan) {
  const change = ([name, [before, after]]) => el("div", {}, `${fieldWords[name]}：`, el("s", {}, shown(name, before)), " → ", el("b", {}, shown(name, after)));
  const row = (one) => el("tr", { class: `plan-${one.action}`, "data-name": one.name }, el("td", {}, el("span", { class: `badge ${{ add: "good", change: "warn", ask: "late", refused: "late" }[one.action] ?? ""}` }, one.enable ? t("启用") : words[one.action])),
    el("td", {}, el("b", {}, one.name), el("div", { class: "sub num" }, one.lines.map((line) => line.split(":").at(-1)).join("、"))),
    el("td", {}, roleName[one.role] ?? "—", el("div", { class: "sub" }, one.reason)), el("td", { class: "wide" }, [...one.zones.map((zone) => zone.name || zone.code), one.command_name, one.unit].filter(Boolean).join("、"), one.unmatched.length ? el("div", { class: "late-words" }, t("没有对上：{names}", { names: one.unmatched.join("、") })) : "", ...one.notes.map((note) => el("div", { class: "sub" }, note))),
    el("td", { class: "num nowrap" }, one.phone), el("td", { class: "small" }, ...Object.entries(one.changes).map(change)));
  const order = ["ask", "refused", "change", "add", "skip", "same"];
  const people = [...plan.people].sort((a, b) => order.indexOf(a.action) - order.indexOf(b.action));
  return el("div", { class: "table-box" }, el("table", { class: "people" }, el("thead", {}, el("tr", {}, ...[t("会怎样"), t("姓名"), t("角色"), t("负责"), t("电话"), t("变更")].map((text) => el("th", {}, text)))), el("tbody", {}, ...people.map(row))));
}

const shown = (name, value) => (Array.isArray(value) ? value.join("、") : name === "role" ? roleName[value] ?? value : value) || "—";

function leaders(plan) {
  const box = el("input", { type: "checkbox", id: "leaders", checked: state.answers.leaders, onchange: (event) => { state.answers.leaders = event.target.checked; state.key = newId(); } });
  return el("section", { class: "card stack" }, el("h2", {}, t("分包社区领导")), el("label", { class: "tick" }, box, t("从今天起，社区的分包领导改成：")), el("ul", {}, ...plan.leaders.map((one) => el("li", {}, `${one.name}：`, el("s", {}, one.before || "—"), " → ", el("b", {}, one.after)))));
}

function vanished(plan) {
  const tick = (one) => el("label", { class: "tick" }, el("input", { type: "checkbox", value: String(one.id), checked: state.answers.disable.includes(one.id), onchange: (event) => { state.answers.disable = event.target.checked ? [...state.answers.disable, one.id] : state.answers.disable.filter((id) => id !== one.id); state.key = newId(); } }), `${one.display_name}（${roleName[one.role]}）`);
  return el("section", { class: "card stack", id: "vanished" }, el("h2", {}, t("名单上没有的人（{n}）", { n: plan.vanished.length })), el("p", { class: "small muted" }, t("只停用勾选的；不勾就不动。")), el("div", { class: "ticks" }, ...plan.vanished.map(tick)));
}

function refused(plan) {
  return el("details", { class: "card" }, el("summary", {}, t("不是人员的行（{n}）", { n: plan.refused.length })), el("ul", { class: "small" }, ...plan.refused.map((one) => el("li", {}, `${one.sheet} ${one.line}：${one.reason}`))));
}
