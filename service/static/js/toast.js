// A short message at the foot of a page; the element is the page's own `#toast`.
let hiding = 0;

export function toast(text, kind = "") {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.className = `toast ${kind}`;
  box.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (box.hidden = true), 5000);
}

/** Tell a failed request in the server's own words. */
export function tell(error) {
  const fields = (error.fields ?? []).map((field) => field.words).filter((words) => words && !error.message.includes(words));
  toast([error.message ?? String(error), ...fields].join(" · "), "late");
}
