// Elements are made of nodes and text, never of markup: much of what is shown was written by a guest that is not trusted.

/** An element. `attributes`: `class`, `for` and so on by name, a function under `on…` as a listener, true for a bare one. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A part of the page that is drawn anew only when what it shows has changed, so that focus, scroll and open parts stay. */
export class Part {
  #shown;
  #draw;

  /** `draw(value)` answers nodes, or nothing for an absent part. */
  constructor(draw, tag = "section") {
    this.#draw = draw;
    this.element = el(tag, { hidden: true });
  }

  show(value) {
    const key = JSON.stringify(value ?? null);
    if (key === this.#shown) return;
    this.#shown = key;
    const nodes = [this.#draw(value, this.element)].flat().filter(Boolean);
    this.element.replaceChildren(...nodes);
    this.element.hidden = nodes.length === 0;
  }
}

/** Tells users of screen readers, without moving them. */
export function say(words) {
  document.getElementById("said").textContent = words;
}

export function time(moment) {
  return el("time", { datetime: moment }, moment.replace("T", " ").replace(/(\.\d+)?Z$/, "Z"));
}

let ids = 0;

/** A labelled text input with a line of help; `[label, input, help]`. */
export function field(label, attributes, help = "") {
  const id = `field-${(ids += 1)}`;
  const input = el("input", { type: "text", id, "aria-describedby": help ? `${id}-help` : null, ...attributes });
  return [el("label", { for: id }, label), input, help ? el("p", { class: "quiet", id: `${id}-help` }, help) : ""];
}

/** A labelled checkbox; `[label]`, the box inside. */
export function choice(label, attributes) {
  return el("label", { class: "choice" }, el("input", { type: "checkbox", ...attributes }), el("span", {}, label));
}
