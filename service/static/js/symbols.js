// Problem symbols: the command's shape, colour and character, with a small mark of the state.
import { page } from "./page.js";

const SIZE = 30;
const RATIO = 2;
// Strokes in a box of 10 x 10, one per state: colour alone must not tell them apart.
const STATE_STROKES = {
  reported: "M5 2v3.6M5 8v.2",
  accepted: "M5 2.6v2.6l1.9 1.4",
  dispatched: "M2.4 5h5M5.4 2.8L7.6 5L5.4 7.2",
  rectified: "M3.4 3.8a1.7 1.7 0 1 1 2.3 1.6c-.6.3-.7.5-.7 1M5 8.2v.1",
  closed: "M2.4 5.2L4.3 7L7.6 3.2",
  cancelled: "M3 3L7 7M7 3L3 7",
};

export function commandOf(code) {
  return page.style.commands.find((command) => command.code === code) ?? page.style.commands.at(-1);
}

/** Draw one symbol into a canvas context whose unit is a CSS pixel, in a box of 30. */
function draw(context, { command, state, late }) {
  const looks = commandOf(command);
  const finished = state === "closed" || state === "cancelled";
  context.save();
  context.translate(3, 3);
  const outline = new Path2D(page.style.shapes[looks.shape]);
  context.lineJoin = "round";
  context.lineWidth = late ? 6 : 4;
  context.strokeStyle = late ? page.style.late : "#ffffff";
  context.stroke(outline);
  if (late) {
    context.lineWidth = 3;
    context.strokeStyle = "#ffffff";
    context.stroke(outline);
  }
  context.globalAlpha = finished ? 0.55 : 1;
  context.fillStyle = looks.colour;
  context.fill(outline);
  context.globalAlpha = 1;
  context.fillStyle = looks.ink;
  context.font = '600 12px "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif';
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(looks.glyph, 12, looks.shape === "triangle" ? 15.5 : looks.shape === "drop" ? 14 : 12.5);
  context.restore();
  if (state) drawState(context, state);
}

function drawState(context, state) {
  context.save();
  context.translate(18, 18);
  context.beginPath();
  context.arc(6, 6, 5.6, 0, 7);
  context.fillStyle = page.style.states[state]?.colour ?? "#777777";
  context.fill();
  context.lineWidth = 1.2;
  context.strokeStyle = "#ffffff";
  context.stroke();
  context.translate(1, 1);
  context.lineWidth = 1.4;
  context.lineCap = "round";
  context.stroke(new Path2D(STATE_STROKES[state] ?? ""));
  context.restore();
}

function surface(size, ratio) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * ratio;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.scale(ratio, ratio);
  return { canvas, context };
}

/** The image of a map symbol's name such as `case/C1/closed/0`, for MapLibre's addImage. */
export function mapImage(name) {
  const [, command, state, late] = name.split("/");
  const { context } = surface(SIZE, RATIO);
  draw(context, { command: command === "none" ? "" : command, state, late: late === "1" });
  return { image: context.getImageData(0, 0, SIZE * RATIO, SIZE * RATIO), pixelRatio: RATIO };
}

/** A symbol as an element, for legends; `state` alone draws only the state's mark. */
export function symbolElement({ command, state, late = false }) {
  const only = command === undefined;
  const { canvas, context } = surface(SIZE, RATIO);
  if (only) {
    context.translate(-18 * 2 - 3, -18 * 2 - 3);
    context.scale(2.3, 2.3);
    drawState(context, state);
  } else draw(context, { command, state, late });
  canvas.className = "mark";
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}
