// The list: a click anywhere chooses the row, arrow keys move on, Enter and a double click open it; 高级查询 and the tasks become dialogs.
// It stands where it stood when one comes back, and shows by itself what others have done meanwhile.
import htmx from "htmx.org/dist/htmx.esm.js";

const advanced = document.getElementById("advanced");
const ENTRIES = "input[name=case]";
const AGAIN = 60_000; // milliseconds after which the list looks again
const AWAY = 600_000; // without a sign of life for so long it does not: a session nobody uses must end

function inDialog(details) {
  const summary = details.querySelector("summary");
  const button = Object.assign(document.createElement("button"), { type: "button", className: summary.className, textContent: summary.textContent });
  const heading = Object.assign(document.createElement("h2"), { id: "advanced-heading", textContent: summary.textContent });
  const dialog = Object.assign(document.createElement("dialog"), { className: "advanced-dialog", id: "advanced-dialog" });
  dialog.setAttribute("aria-labelledby", heading.id);
  button.setAttribute("aria-haspopup", "dialog");
  dialog.append(heading, details.querySelector("form"));
  dialog.querySelector("[data-close]").hidden = false;
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  details.replaceWith(button, dialog);
  button.addEventListener("click", () => dialog.showModal());
}

function alive(form) {
  const entries = [...form.querySelectorAll(ENTRIES)];
  const several = entries.filter((entry) => entry.type === "checkbox");
  const all = document.getElementById("choose-all");
  const chosen = () => entries.filter((entry) => entry.checked);
  const entryOf = (target) => (target.closest("a, button, label, input") ? null : target.closest("tr")?.querySelector(ENTRIES));

  const tell = () => {
    const number = chosen().length;
    document.getElementById("chosen").textContent = number > 1 ? form.dataset.chosen.replace("#", number) : "";
    all.checked = several.length > 0 && several.every((entry) => entry.checked);
  };
  // One filing by its radio, or several by their boxes: never both.
  const settle = (entry) => {
    for (const other of entries) if (other !== entry && (entry.type === "radio" || other.type === "radio")) other.checked = false;
    tell();
  };
  const choose = (entry, checked) => {
    entry.checked = checked;
    entry.focus();
    settle(entry);
  };

  // The list's address at this filing, or at the next one left.
  const standing = (entry) => {
    const ahead = entries.slice(entries.indexOf(entry)).slice(0, Number(form.dataset.ahead));
    const address = new URL(form.elements.next.value, window.location);
    for (const each of ahead) address.searchParams.append("at", each.value);
    return address.pathname + address.search;
  };
  const leave = (entry) => window.history.replaceState(null, "", standing(entry));
  const look = (entry) => {
    leave(entry);
    window.location.assign(entry.dataset.address);
  };

  all.parentElement.hidden = several.length === 0;
  all.addEventListener("change", () => {
    for (const entry of entries) entry.checked = entry.type === "checkbox" && all.checked;
    tell();
  });
  form.addEventListener("change", (event) => event.target.matches(ENTRIES) && settle(event.target));
  form.addEventListener("click", (event) => {
    const opened = event.target.closest("th a")?.closest("tr").querySelector(ENTRIES);
    if (opened) leave(opened);
    const entry = entryOf(event.target);
    if (entry && !window.getSelection().toString()) choose(entry, entry.type === "radio" || !entry.checked);
  });
  form.addEventListener("dblclick", (event) => {
    const entry = entryOf(event.target);
    if (entry) look(entry);
  });
  form.addEventListener("keydown", (event) => {
    if (!event.target.matches(ENTRIES)) return;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "Enter") {
      event.preventDefault();
      look(event.target);
    } else if (step) {
      event.preventDefault();
      const next = entries[entries.indexOf(event.target) + step];
      if (next?.type === "radio") choose(next, true);
      else next?.focus();
    }
  });
  form.addEventListener("submit", (event) => {
    const [entry, ...more] = chosen();
    const code = event.submitter?.value;
    if (!("outcome" in (event.submitter?.dataset ?? {})) || !entry || more.length || !entry.dataset.outcomes?.split(" ").includes(code)) return;
    event.preventDefault();
    open(`/tasks/${entry.dataset.task}`, `?${new URLSearchParams({ outcome: code, next: standing(entry) })}`);
  });
  tell();
}

// The task's dialog; where it cannot be had, its page.
async function open(task, query) {
  const dialog = document.getElementById("task-dialog");
  const answer = await fetch(`${task}/dialog${query}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return window.location.assign(task + query);
  dialog.innerHTML = await answer.text();
  htmx.process(dialog);
  dialog.showModal();
}

// What others have done: the rows and the tabs anew, what is chosen stays so.
async function refresh() {
  const busy = document.hidden || document.querySelector("dialog[open]") || Date.now() - alivePerson > AWAY;
  const answer = busy ? null : await fetch(window.location, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected || document.querySelector("dialog[open]")) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const chosen = [...document.querySelectorAll(`${ENTRIES}:checked`)].map((entry) => entry.id);
  const focused = document.activeElement?.id;
  if (!page.getElementById("listing")) return;
  for (const id of ["listing", "tabs"]) document.getElementById(id).replaceWith(page.getElementById(id));
  for (const entry of document.querySelectorAll(ENTRIES)) entry.checked = chosen.includes(entry.id);
  if (focused) document.getElementById(focused)?.focus();
  begin();
}

function begin() {
  const worklist = document.getElementById("worklist");
  if (worklist) alive(worklist);
}

let alivePerson = Date.now();
if (advanced) inDialog(advanced);
if (document.getElementById("listing")) {
  for (const sign of ["pointermove", "keydown", "focus"]) window.addEventListener(sign, () => { alivePerson = Date.now(); });
  document.addEventListener("visibilitychange", () => {
    alivePerson = Date.now();
    refresh();
  });
  setInterval(refresh, AGAIN);
}
begin();

// A button of a case that is one of the list's: the same dialog.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link.pathname, link.search);
});
