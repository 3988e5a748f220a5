// Asks for the function key. It is tried before it is kept, and kept for this tab alone.

import { api, KeyError } from "./api.js";
import { el, field } from "./dom.js";
import { session } from "./session.js";

/** `refused`: a key was given and the app did not take it. `accepted()` is called once it takes one. */
export function keyPage({ refused, accepted }) {
  const fault = el("p", { class: "fault", role: "alert" }, refused ? "The app refused this key: it is wrong, or was renewed." : "");
  const key = field("Function key", { type: "password", autocomplete: "off", required: true },
    "The function app's page in the Azure portal lists it under App keys. It is kept for this tab and forgotten with it.");
  const input = key[1];
  const press = el("button", { class: "press" }, "Use this key");

  async function tried(event) {
    event.preventDefault();
    press.disabled = true;
    session.key = input.value.trim();
    try {
      await api.list("active");
      accepted();
    } catch (error) {
      session.key = "";
      const wrong = error instanceof KeyError;
      fault.textContent = wrong ? "The app refused this key: it is wrong, or was renewed." : `Not tried: ${error.message}.`;
      input.setAttribute("aria-invalid", String(wrong));
      input.focus();
      press.disabled = false;
    }
  }

  const form = el("form", { class: "card", onsubmit: tried }, fault, ...key, el("div", { class: "row" }, press));
  const how = el("p", {}, "Every call to the app needs its function key, or a session that its sign-in made.");
  const sign = el("p", {}, el("a", { href: "/.auth/login/aad?post_login_redirect_uri=/api/console/" },
    "Sign in with Microsoft Entra ID"), ", where the app has that turned on.");
  return { title: "Key", nodes: [el("h1", { tabindex: "-1" }, "A key is needed"), how, form, sign] };
}
