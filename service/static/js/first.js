// Waiting for the office to be made: ask how far it is, then go on to its own pages.
const words = document.getElementById("words");

async function ask() {
  let answer = null;
  try {
    const response = await fetch("/setup/progress", { headers: { accept: "application/json" }, credentials: "same-origin" });
    // The office itself has no such address: it runs.
    if (response.status === 404) return location.replace("/setup");
    if (response.ok) answer = await response.json();
  } catch {
    // Between the first page and the office nobody listens for a moment.
  }
  if (answer?.words) words.textContent = answer.words;
  if (answer?.state === "waiting" || answer?.state === "done") return setTimeout(() => location.replace("/setup"), answer.state === "done" ? 400 : 0);
  setTimeout(ask, 600);
}

ask();
