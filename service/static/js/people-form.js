// The dialogs of the page of people: one person, and who leads a community.
import { ApiError, request } from "./api.js";
import { newId } from "./ids.js";
import { el, page, t } from "./page.js";

const dialog = document.getElementById("person");
const field = (label, input) => el("label", { class: "field" }, el("span", {}, label), input);
const role = (code) => page.roles.find((one) => one.code === code);

function open(title, body, actions, submit) {
  const problem = el("p", { class: "notice late small", role: "alert", hidden: true });
  const form = el("form", { method: "dialog", class: "stack", autocomplete: "off" }, el("h2", { id: "person-title" }, title), ...body, problem, el("div", { class: "actions" }, ...actions));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await guarded(problem, submit);
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  return { form, problem };
}

/** Run a write; what is refused is said in the dialog, which stays. */
async function guarded(problem, work) {
  problem.hidden = true;
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    problem.textContent = error.message;
    problem.hidden = false;
    problem.scrollIntoView({ block: "nearest" });
  }
}

const cancel = () => el("button", { class: "button", type: "button", onclick: () => dialog.close() }, t("取消"));

function zoneBoxes(person) {
  const own = new Set(person.zones.map((zone) => zone.code));
  const box = el("fieldset", { class: "zones" });
  const show = (level) => {
    box.hidden = !level;
    const groups = level === "grid" ? page.zones.filter((zone) => zone.level === "community") : [null];
    const tick = (zone) => el("label", { class: "tick" }, el("input", { type: "checkbox", value: zone.code, checked: own.has(zone.code) }), zone.name);
    box.replaceChildren(el("legend", {}, level === "grid" ? t("负责的网格") : t("负责的社区")), ...groups.map((group) => {
      const zones = page.zones.filter((zone) => zone.level === level && (!group || zone.parent === group.code));
      if (!group) return el("div", { class: "ticks" }, ...zones.map(tick));
      return zones.length ? el("details", { open: zones.some((zone) => own.has(zone.code)) }, el("summary", {}, group.name), el("div", { class: "ticks" }, ...zones.map(tick))) : "";
    }));
  };
  return { box, show, codes: () => (box.hidden ? [] : [...box.querySelectorAll("input:checked")].map((one) => one.value)) };
}

/** One person: `null` adds. `saved(answer)` gets what the server said; slips come with it. */
export function personDialog(person, saved) {
  const now = person ?? { display_name: "", name: "", role: "grid_manager", zones: [], command: "", unit: "", phone: "", active: true };
  const id = newId();
  const input = (name, value, more = {}) => el("input", { name, value, maxlength: "60", ...more });
  const name = input("display_name", now.display_name, { required: true });
  const login = input("name", "", { placeholder: t("不填就用姓名") });
  const roles = el("select", { name: "role" }, ...page.roles.map((one) => el("option", { value: one.code, selected: one.code === now.role }, one.name)));
  const commands = el("select", { name: "command" }, el("option", { value: "" }, t("（无）")), ...page.commands.map((one) => el("option", { value: one.code, selected: one.code === now.command }, one.name)));
  const unit = input("unit", now.unit, { maxlength: "100" });
  const phone = input("phone", now.phone, { inputmode: "tel", maxlength: "40" });
  const zones = zoneBoxes(now);
  const command = field(t("指挥部"), commands);
  const follow = () => {
    zones.show(role(roles.value).level);
    command.hidden = !role(roles.value).command;
  };
  roles.addEventListener("change", follow);
  follow();
  const body = () => ({ display_name: name.value, role: roles.value, zones: zones.codes(), command: command.hidden ? "" : commands.value, unit: unit.value, phone: phone.value });
  const match = person ? { "if-match": `"${person.version}"` } : {};
  const finish = (answer) => {
    dialog.close();
    saved(answer);
  };
  const { problem } = open(person ? `${t("修改")} ${person.display_name}` : t("加一个人"), [
    field(t("姓名"), name), person ? el("p", { class: "small muted" }, `${t("登录名")}：${person.name}`) : field(t("登录名"), login), field(t("角色"), roles), zones.box, command, field(t("单位"), unit), field(t("电话（也可用来登录）"), phone),
    person ? more(person, (work) => guarded(problem, work), finish) : "",
  ], [el("button", { class: "button primary", id: "save-person" }, t("保存")), cancel()], async () => {
    if (person) finish({ person: await request(`/api/people/${person.id}`, { method: "PATCH", body: body(), headers: match }) });
    else finish(await request("/api/people", { method: "POST", body: { ...body(), name: login.value }, headers: { "idempotency-key": id } }));
  });
}

function more(person, guard, finish) {
  const tokens = el("input", { type: "checkbox" });
  const reset = async () => {
    if (!confirm(t("重设 {name} 的密码？原密码作废，所有登录都会退出。", { name: person.display_name }))) return;
    finish(await request(`/api/people/${person.id}/password`, { method: "POST", body: { tokens: tokens.checked } }));
  };
  const turn = async () => {
    if (person.active && !confirm(t("停用 {name}？会立即退出登录；办过的事都保留。", { name: person.display_name }))) return;
    finish({ person: await request(`/api/people/${person.id}`, { method: "PATCH", body: { active: !person.active }, headers: { "if-match": `"${person.version}"` } }) });
  };
  const unlock = async () => finish({ person: await request(`/api/people/${person.id}/unlock`, { method: "POST" }) });
  const button = (id, words, work) => el("button", { class: "button", type: "button", id, onclick: () => guard(work) }, words);
  return el("div", { class: "more" }, button("reset-password", t("重设密码"), reset), person.tokens ? el("label", { class: "tick small" }, tokens, t("同时收回程序令牌")) : "",
    person.locked ? button("unlock", t("解除锁定"), unlock) : "", person.name === page.me ? "" : button("turn", person.active ? t("停用") : t("启用"), turn));
}

/** Who leads a community from today on, with those before. */
export async function leaderDialog(zone, saved) {
  const now = await request(`/api/people/leaders/${zone.level}/${zone.code}`);
  const input = el("input", { name: "leader", value: now.leader, maxlength: "100" });
  const span = (one) => el("li", {}, `${one.leader || t("（无）")}　`, el("span", { class: "num muted" }, `${one.since} – ${one.until ?? t("现在")}`));
  open(`${t("分包领导")} · ${zone.name}`, [
    field(t("从今天起的分包领导"), input), el("p", { class: "small muted" }, t("以前的报表仍写以前的领导。这里只写姓名；要登录的领导另加账号。")), el("ul", { class: "history small" }, ...now.history.map(span)),
  ], [el("button", { class: "button primary", id: "save-leader" }, t("保存")), cancel()], async () => {
    await request(`/api/people/leaders/${zone.level}/${zone.code}`, { method: "PUT", body: { leader: input.value }, headers: { "if-match": `"${now.version}"` } });
    dialog.close();
    saved();
  });
}
