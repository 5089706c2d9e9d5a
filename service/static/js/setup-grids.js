// Grids: drawn by number, looked at, signed and accepted.
import { request } from "./api.js";
import { newId } from "./ids.js";
import { number, page, t } from "./page.js";
import { show } from "./setup-map.js";
import { watchSigning } from "./setup-sign.js";

const form = document.getElementById("grids-form");
const summary = document.getElementById("grids-summary");
const sign = document.getElementById("grids-sign");
let drawing = null;

function told(answer) {
  drawing = { id: answer.drawing_id, version: answer.version };
  const short = answer.plans.filter((plan) => plan.grids < plan.wanted).map((plan) => plan.name);
  const each = answer.plans.map((plan) => `${plan.name} ${number(plan.grids)}`).join("、");
  summary.className = short.length ? "notice warn" : "notice good";
  summary.textContent = t("划成 {n} 个网格：{each}。", { n: answer.grids, each }) + (short.length ? ` ${t("{names} 的街块不够，少划了几个。", { names: short.join("、") })}` : "");
  summary.hidden = false;
  sign.hidden = answer.signed;
  show(answer.features, { names: false });
}

export async function watchGrids() {
  watchSigning(sign, () => drawing);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    sign.hidden = true;
    try {
      const body = { count: Number(form.elements.count.value), by: form.elements.by.value };
      told(await request("/api/grids", { method: "POST", headers: { "idempotency-key": newId() }, body }));
    } catch (error) {
      summary.className = "notice late";
      summary.textContent = error.message;
      summary.hidden = false;
    }
    button.disabled = false;
  });
  if (!page.hasGrids) return;
  const known = await request("/api/grids").catch(() => null);
  if (known && !known.signed && document.getElementById("step-grids").open) told(known);
}
