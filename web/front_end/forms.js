// Comfort on forms: questions that appear with the answers they depend on, files that upload when they are chosen, drafts that save themselves.

const AUTOSAVE = 30_000; // milliseconds
const PATIENCE = 10_000; // milliseconds that a submission waits for a draft at most

const sending = new WeakMap(); // how many files and drafts of a form are on their way
const held = new WeakMap(); // the button that was pressed meanwhile

/** What a form would post, without files that are still to be uploaded. */
function words(form) {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  return data;
}

async function hideAndShow(form) {
  const answer = await fetch(form.dataset.hidden, { method: "POST", body: words(form) });
  if (!answer.ok || answer.redirected) return;
  const hidden = new Set((await answer.json()).hidden);
  for (const block of form.querySelectorAll("[data-block]")) block.classList.toggle("form-hidden", hidden.has(block.dataset.block));
}

function upload(form, input) {
  const progress = input.parentElement.querySelector(".form-progress");
  const files = [...input.files];
  input.value = "";
  progress.replaceChildren();
  for (const file of files) send(form, input, file, progress);
}

function send(form, input, file, progress) {
  const line = document.createElement("div");
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", file.name);
  line.append(`${file.name} `, bar);
  progress.append(line);
  const data = new FormData();
  data.set("csrf_token", form.elements.csrf_token.value);
  data.set("name", input.name);
  data.set("file", file);
  sending.set(form, (sending.get(form) ?? 0) + 1);
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => { bar.value = event.loaded / event.total; });
  request.addEventListener("loadend", () => {
    if (request.status === 200) {
      line.remove();
      take(form, input, request.responseText);
    } else {
      const told = Object.assign(document.createElement("p"), { className: "form-error" });
      told.textContent = request.status === 422 ? request.responseText : `${file.name}: ${input.dataset.failed}`;
      line.replaceChildren(told);
      held.delete(form); // it would be submitted without this file
    }
    arrived(form);
  });
  request.open("POST", input.dataset.upload);
  request.send(data);
}

/** One thing fewer is on its way; after the last one the form goes off, if a button was pressed meanwhile. */
function arrived(form) {
  sending.set(form, sending.get(form) - 1);
  if (!sending.get(form) && held.has(form)) {
    const submitter = held.get(form);
    held.delete(form);
    form.requestSubmit(submitter);
  }
}

/** The new file's line joins the list; where one file is asked for, it takes the place of the old one. */
function take(form, input, html) {
  const list = input.parentElement.querySelector(".form-files-list");
  if (input.dataset.most === "1") list.replaceChildren();
  list.insertAdjacentHTML("beforeend", html);
  form.dispatchEvent(new Event("change"));
}

/** Save the draft; a form that is submitted meanwhile waits for its number, so that no draft is left over beside the case. */
async function autosave(form) {
  sending.set(form, (sending.get(form) ?? 0) + 1);
  await saveDraft(form).catch(() => {}); // the next time
  arrived(form);
}

async function saveDraft(form) {
  const data = words(form);
  data.set("action", "draft");
  const answer = await fetch(form.dataset.autosave, { method: "POST", body: data, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok || answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) return;
  const kept = await answer.json();
  for (const [field, value] of [["draft", kept.draft], ["draft_seen", kept.seen], ["seen", kept.seen]]) {
    if (form.elements[field] && value !== undefined) form.elements[field].value = value;
  }
  const saved = form.querySelector("[data-saved]");
  if (saved) saved.textContent = kept.said;
}

function comfort(form) {
  let changed = false;
  let asking;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("change", (event) => {
    changed = true;
    const input = event.target;
    if (input.matches?.("input[type=file][data-upload]") && input.files.length) upload(form, input);
    else if (form.dataset.hidden) {
      clearTimeout(asking);
      asking = setTimeout(() => hideAndShow(form), 100);
    }
  });
  form.addEventListener("submit", (event) => {
    if (sending.get(form)) {
      event.preventDefault();
      event.stopImmediatePropagation(); // in a dialog htmx sends the form
      held.set(form, event.submitter);
    } else changed = false;
  }, true);
  if (form.dataset.autosave) {
    setInterval(() => {
      if (changed && form.isConnected) {
        changed = false;
        autosave(form);
      }
    }, AUTOSAVE);
  }
}

const known = new WeakSet();

/** What has just come to the page: forms get their comfort, a summary of errors the focus. */
function look() {
  for (const form of document.querySelectorAll("form[data-form]")) {
    if (!known.has(form)) {
      known.add(form);
      comfort(form);
    }
  }
  for (const summary of document.querySelectorAll("[data-focus]")) {
    if (!known.has(summary)) {
      known.add(summary);
      if (document.activeElement !== summary) summary.focus();
    }
  }
}

look();
for (const event of ["htmx:after:swap", "htmx:after:process"]) document.addEventListener(event, look);
