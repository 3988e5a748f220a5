// Who works here: a function key kept for this tab alone, or a session that App Service Authentication holds in a cookie.

const KEY = "bootmend-key";
const NAME = "bootmend-name";

export const session = {
  /** The name that App Service Authentication vouches for; empty without it. */
  signedInAs: "",
  get key() { return sessionStorage.getItem(KEY) ?? ""; },
  set key(value) { if (value) sessionStorage.setItem(KEY, value); else sessionStorage.removeItem(KEY); },
  get name() { return this.signedInAs || (sessionStorage.getItem(NAME) ?? ""); },
  set name(value) { sessionStorage.setItem(NAME, value); },
};

/** Asks App Service Authentication who is signed in. Where it is off the address does not exist, which is no fault. */
export async function findSignedIn() {
  try {
    const answer = await fetch("/.auth/me", { headers: { Accept: "application/json" }, redirect: "manual" });
    if (!answer.ok) return;
    const [principal] = await answer.json();
    session.signedInAs = principal?.user_id ?? "";
  } catch {
    session.signedInAs = "";
  }
}
