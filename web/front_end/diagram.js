// The live diagram of a case. The outline beside it is the source: which places there are, and what state they are in.
import "bpmn-js/dist/assets/diagram-js.css";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

const WIDEST = 1; // a drawing is never shown larger than it was drawn
const LEAST = 0.4; // below this nobody can read it: then the place where the case stands is brought into view
const HIGHEST = 700; // pixels; the page below must stay within reach

const section = document.querySelector("#diagram .diagram");
const part = section.querySelector(".diagram-drawing");
const canvasBox = part.querySelector(".diagram-canvas");
const choices = [...part.querySelectorAll("[data-drawing]")];
const outlines = document.querySelector("#outlines");
const outlineOf = (process) => outlines.querySelector(`[data-process="${CSS.escape(process)}"]`);
// The wheel scrolls the page, not the drawing: that is moved by dragging, by the keyboard and by its buttons.
const viewer = new NavigatedViewer({ container: canvasBox, zoomScroll: { enabled: false } });
let shown = null;

function places() {
  return [...outlineOf(shown).querySelectorAll("[data-element]")];
}

function colour() {
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  for (const { dataset } of places()) {
    if (!registry.get(dataset.element)) continue;
    for (const state of ["waiting", "trouble", "done"]) {
      if (state === dataset.state) canvas.addMarker(dataset.element, `place-${state}`);
      else canvas.removeMarker(dataset.element, `place-${state}`);
    }
  }
}

function fit() {
  const canvas = viewer.get("canvas");
  const { inner } = canvas.viewbox();
  const scale = Math.min(WIDEST, Math.max(LEAST, canvasBox.clientWidth / (inner.width + 40)));
  canvasBox.style.height = `${Math.min(HIGHEST, (inner.height + 40) * scale)}px`;
  canvas.resized();
  const { outer } = canvas.viewbox();
  const width = outer.width / scale;
  const height = outer.height / scale;
  const here = places().find((place) => ["trouble", "waiting"].includes(place.dataset.state));
  const element = here && viewer.get("elementRegistry").get(here.dataset.element);
  const middle = element ? [element.x + element.width / 2, element.y + element.height / 2] : [inner.x, inner.y];
  const within = (start, length, size, centre) => length + 40 <= size ? start - (size - length) / 2 : Math.min(Math.max(centre - size / 2, start - 20), start + length + 20 - size);
  canvas.viewbox({ x: within(inner.x, inner.width, width, middle[0]), y: within(inner.y, inner.height, height, middle[1]), width, height });
}

function unfold() {
  for (const { dataset } of choices) outlineOf(dataset.drawing).closest("details").open = dataset.drawing === shown;
}

async function show(choice) {
  shown = choice.dataset.drawing;
  for (const each of choices) each.setAttribute("aria-pressed", String(each === choice));
  unfold();
  try {
    const answer = await fetch(choice.dataset.source);
    if (!answer.ok) throw new Error(`${answer.status}`);
    await viewer.importXML(await answer.text());
    colour();
    fit();
  } catch (error) {
    console.error(error);
    part.querySelector(".diagram-failed").hidden = false;
    canvasBox.hidden = true;
  }
}

part.hidden = false;
for (const choice of choices) choice.addEventListener("click", () => show(choice));
for (const button of part.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => {
    const step = Number(button.dataset.zoom);
    if (step === 0) fit();
    else viewer.get("zoomScroll").stepZoom(step);
  });
}
document.addEventListener("htmx:finally:swap", () => {
  unfold();
  colour();
});
show(choices.filter((choice) => "waits" in choice.dataset).at(-1) ?? choices[0]);
