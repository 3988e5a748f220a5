// What was seen: screenshots side by side, the end of the serial log, the guest's transcript, and everything to download.

import { api, ProblemError } from "./api.js";
import { el, Part } from "./dom.js";

const LABELS = { before: "Before", again: "Before, looked at again", after: "After" };
const SERIAL_LINES = 80;
const SERIAL_BYTES = 64 * 1024;

/** Fetches each piece once, and anew after each further boot, which writes the pieces called `after` again. */
export class Evidence {
  #id;
  #pieces = new Map();

  constructor(id) {
    this.#id = id;
    this.parts = {
      pictures: new Part((stored) => pictures(stored, this.#pieces)),
      serial: new Part((stored) => serialLogs(stored, this.#pieces)),
      commands: new Part((transcripts) => transcripts && transcripts.flatMap(commands)),
      downloads: new Part((names) => downloads(this.#id, names)),
    };
  }

  async show(repair, report) {
    const boots = repair.steps.filter((step) => step.name === "verify_boot").length;
    const keyed = (pattern) => repair.evidence.filter((name) => pattern.test(name)).map((name) => [name, `${name} ${boots}`]);
    const screenshots = keyed(/^screenshot-\w+\.bmp$/);
    const serial = keyed(/^serial-\w+\.log$/);
    const transcript = keyed(/^transcript\.json$/);
    await Promise.all([...screenshots, ...serial, ...(report ? [] : transcript)].map(([name, key]) => this.#fetch(name, key)));
    const transcripts = report?.transcripts ?? transcript.map(([, key]) => this.#pieces.get(key)).filter(Boolean);
    this.parts.pictures.show(this.#stored(screenshots));
    this.parts.serial.show(this.#stored(serial));
    this.parts.commands.show(transcripts.length ? transcripts : null);
    this.parts.downloads.show(repair.evidence);
  }

  #stored(pieces) {
    return pieces.filter(([, key]) => this.#pieces.has(key)).map(([name, key]) => ({ name, key }));
  }

  async #fetch(name, key) {
    if (this.#pieces.has(key)) return;
    let blob;
    try {
      blob = await api.evidence(this.#id, name);
    } catch (error) {
      if (error instanceof ProblemError) return; // It is listed before it is written: the next look finds it.
      throw error;
    }
    if (name.endsWith(".bmp")) this.#pieces.set(key, URL.createObjectURL(blob));
    else if (name.endsWith(".json")) this.#pieces.set(key, JSON.parse(await blob.text()));
    else this.#pieces.set(key, await blob.slice(-SERIAL_BYTES).text());
  }
}

const labelOf = (name) => LABELS[/-(\w+)\./.exec(name)?.[1]] ?? name;

function pictures(stored, pieces) {
  // A second look before the repair takes the place of the first, so that before and after stand side by side.
  const again = stored.some(({ name }) => name === "screenshot-again.bmp");
  const found = stored.filter(({ name }) => !(again && name === "screenshot-before.bmp"));
  if (found.length === 0) return null;
  const figures = found.map(({ name, key }) => el("figure", {},
    el("img", { src: pieces.get(key), alt: `${labelOf(name)}: boot screenshot` }), el("figcaption", {}, labelOf(name))));
  return [el("h2", {}, "Boot screenshots"), el("div", { class: "pictures" }, figures)];
}

/** The newest log, and the older ones folded away. */
function serialLogs(stored, pieces) {
  if (stored.length === 0) return null;
  const [newest, ...older] = stored.toReversed().map(({ name, key }) => {
    const log = el("pre", { tabindex: "0", "aria-label": `The end of ${name}` }, marked(pieces.get(key)));
    requestAnimationFrame(() => { log.scrollTop = log.scrollHeight; });
    return { name, log };
  });
  return [
    el("h2", {}, `Serial log, ${labelOf(newest.name).toLowerCase()}`),
    el("p", { class: "quiet" }, "Its end. Bugchecks are marked; those of earlier boots stay in the log."),
    newest.log,
    ...older.map(({ name, log }) => el("details", {}, el("summary", {}, labelOf(name)), log)),
  ];
}

/** The last lines, without terminal escapes; the lines of a bugcheck are marked. */
function marked(log) {
  const lines = log.replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, "").trim().split(/\r?\n|\r/).slice(-SERIAL_LINES);
  let inside = false;
  return lines.map((line) => {
    inside ||= /bluescreen/i.test(line);
    const shown = inside ? el("mark", {}, line || " ") : `${line}\n`;
    if (/<\/instance>/i.test(line)) inside = false;
    return shown;
  });
}

function commands(transcript) {
  const head = el("h2", {}, "Commands on the repair VM");
  const why = el("p", { class: "quiet" }, `The plan ${transcript.ended}${transcript.why ? `: ${transcript.why}` : ""}.`);
  return [head, why, el("ol", { class: "commands" }, transcript.commands.map(command))];
}

function command({ line, article_step, exit_code, timed_out, seconds, tail }) {
  const ended = timed_out ? "ended at its time limit" : exit_code === null ? "could not be started" : `exit code ${exit_code}`;
  const said = tail.trim();
  const answer = el("details", {}, el("summary", {}, `${ended}, ${seconds} s; step ${article_step}`),
    el("pre", { tabindex: "0", "aria-label": "Output" }, said || "no output"));
  return el("li", {}, el("code", {}, line), answer);
}

/** Buttons, since a link could not carry the key but in its address. */
function downloads(id, names) {
  if (names.length === 0) return null;
  const fault = el("p", { class: "fault", role: "alert" });
  const button = (name) => el("button", { type: "button", onclick: () => save(id, name, fault) }, `Download ${name}`);
  return [el("h2", {}, "Downloads"), el("ul", { class: "downloads" }, names.map((name) => el("li", {}, button(name)))), fault];
}

async function save(id, name, fault) {
  fault.textContent = "";
  try {
    const blob = await api.evidence(id, name);
    const address = URL.createObjectURL(blob);
    el("a", { href: address, download: `${id}-${name}` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  } catch (error) {
    fault.textContent = `${name} could not be downloaded: ${error.message}`;
  }
}
