// The page of people: list, search, change; who answers for what; slips for new people.
import { request } from "./api.js";
import { page, t } from "./page.js";
import { leaderDialog, personDialog } from "./people-form.js";
import { showSlips } from "./people-slips.js";
import { chosen, renderCounts, renderDuties, renderGaps, renderPeople } from "./people-views.js";
import { tell, toast } from "./toast.js";

const node = (id) => document.getElementById(id);
const state = { people: page.people, duties: page.duties };

function show() {
  const wanted = { role: node("role").value, status: node("status").value, words: node("search").value };
  renderPeople(node("people"), chosen(state.people, wanted), (one) => personDialog(one, saved));
  renderCounts(node("counts"), state.duties);
  renderGaps(node("gaps"), state.duties);
  renderDuties(node("duty-zones"), node("duty-commands"), state.duties, (zone) => leaderDialog(zone, saved).catch(tell));
}

async function everybody(from = 0) {
  const found = await request(`/api/people?after=${from}`);
  return found.next ? [...found.items, ...(await everybody(found.next))] : found.items;
}

async function saved(answer) {
  if (answer?.first_password) showSlips([answer.first_password]);
  else toast(t("已保存"));
  try {
    [state.people, state.duties] = await Promise.all([everybody(), request("/api/people/duties")]);
  } catch (error) {
    tell(error);
  }
  show();
}

for (const id of ["role", "status"]) node(id).addEventListener("change", show);
node("search").addEventListener("input", show);
node("add")?.addEventListener("click", () => personDialog(null, saved));
show();
if (page.next) everybody(page.next).then((more) => { state.people = [...state.people, ...more]; show(); }).catch(tell);
