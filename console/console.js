// The page's frame: which page the address names, the key, the connection.

import { KeyError, ProblemError } from "./api.js";
import { el, say } from "./dom.js";
import { keyPage } from "./key.js";
import { listPage } from "./list.js";
import { Poll } from "./poll.js";
import { repairPage } from "./repair.js";
import { findSignedIn, session } from "./session.js";
import { startPage } from "./start.js";

const main = document.getElementById("main");
const connection = document.getElementById("connection");
const forget = document.getElementById("forget");

let poll = null;
let refused = false;

function page() {
  const [, name, id] = (location.hash || "#/").split("/");
  if (name === "start") return startPage(frame);
  if (name === "repairs" && id) return repairPage(frame, decodeURIComponent(id));
  return listPage(frame);
}

/** What a page may ask of its frame. */
const frame = {
  /** Looks again and again until the page is left; `Poll` tells what `look` answers. */
  watch(look) {
    poll = new Poll({ look, lost, back, fail });
    return poll;
  },
  /** Shows what a call of the page's own threw; true if the frame has dealt with it. */
  failed(error) {
    if (!(error instanceof KeyError)) return false;
    fail(error);
    return true;
  },
};

function show({ title, nodes }, focus) {
  document.title = `${title} - Bootmend`;
  main.replaceChildren(...nodes);
  for (const link of document.querySelectorAll(".top nav a")) {
    if (link.getAttribute("href") === (location.hash || "#/")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  forget.hidden = !session.key;
  if (focus) main.querySelector("h1")?.focus();
}

function open(focus = true) {
  poll?.stop();
  poll = null;
  connection.replaceChildren();
  show(page(), focus);
}

function lost(error, wait) {
  if (!connection.hasChildNodes()) {
    const again = el("button", { type: "button", onclick: () => poll?.now() }, "Try now");
    connection.replaceChildren(el("span", { class: "state bad" }), el("span"), again);
  }
  const [what, next] = connection.children;
  const seconds = Math.round(wait / 1000);
  what.textContent = `Connection lost: ${error.message}.`;
  next.textContent = `What you see may be old. The next try is in ${seconds} s; repairs go on meanwhile.`;
}

function back() {
  if (!connection.hasChildNodes()) return;
  connection.replaceChildren();
  say("Connected again.");
}

function fail(error) {
  poll?.stop();
  if (error instanceof KeyError) {
    refused = Boolean(session.key);
    session.key = "";
    show(keyPage({ refused, accepted: () => open() }), true);
    return;
  }
  const words = error instanceof ProblemError && error.status === 404 ? "There is no such repair." : error.message;
  const nodes = [el("h1", { tabindex: "-1" }, "This cannot be shown"), el("p", { class: "fault" }, words),
    el("p", {}, el("a", { href: "#/" }, "All repairs"))];
  show({ title: "Not found", nodes }, true);
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
forget.addEventListener("click", () => {
  session.key = "";
  open();
});
window.addEventListener("hashchange", () => open());
await findSignedIn();
open(false);
