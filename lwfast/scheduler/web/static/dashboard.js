// The frame: which page the address means, links without loading, and what buttons do. Pages are made by the
// server; this only fetches them and puts them in.

import { call, dropToken, fragment, save, setToken, SignedOut, takeTokenFromAddress } from "./api.js";
import { follow, stop } from "./following.js";
import { copy, localise, replace, tick, utcOf } from "./widgets.js";

const PAGES = "/api/v1/pages";
const TYPING_MS = 250;
const at = (id) => document.getElementById(id);
const page = at("page");
let looking = null;

const pathOf = (address) => PAGES + (address.pathname === "/" ? "/jobs" : address.pathname) + address.search;

function notice(text, isBad = false) {
  at("notice").textContent = text;
  at("notice").classList.toggle("bad", isBad);
}

function report(error) {
  if (error?.name === "AbortError") return;
  if (error instanceof SignedOut) {
    stop();
    dropToken();
    page.replaceChildren();
    page.hidden = at("rooms").hidden = true;
    at("sign-in").hidden = false;
    at("token-error").textContent = error.message;
    document.title = "lwfast scheduler";
    notice("");
    at("token").focus();
    return;
  }
  notice(error instanceof TypeError ? "The scheduler does not answer; trying again." : error.message, true);
}

// --- pages -------------------------------------------------------------------------------------------

async function show({ focus = false, keepScroll = false } = {}) {
  looking?.abort();
  looking = new AbortController();
  const address = location.href;
  let content;
  try {
    content = await fragment(pathOf(location), { signal: looking.signal });
  } catch (error) {
    if (!(error instanceof SignedOut) && error?.name !== "AbortError" && page.hidden) reveal();
    if (!(error instanceof SignedOut) && error?.name !== "AbortError") unavailable(error);
    throw error;
  }
  if (address !== location.href) return;
  localise(content);
  page.replaceChildren(content);
  reveal();
  notice("");
  if (!keepScroll) scrollTo(0, 0);
  if (focus) page.focus({ preventScroll: true });
  followPage();
}

function reveal() {
  at("sign-in").hidden = true;
  page.hidden = at("rooms").hidden = false;
  const room = location.pathname.startsWith("/qpus") ? "qpus" : "jobs";
  for (const link of at("rooms").querySelectorAll("a")) {
    if (link.dataset.room === room) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  document.title = `${page.firstElementChild?.dataset.title ?? "Dashboard"} · lwfast scheduler`;
}

function unavailable(error) {
  stop();
  const heading = document.createElement("h1");
  heading.textContent = "This page cannot be shown";
  const reason = document.createElement("p");
  reason.textContent = error instanceof TypeError ? "The scheduler does not answer." : error.message;
  const again = document.createElement("button");
  again.textContent = "Try again";
  again.addEventListener("click", () => show().catch(report));
  page.replaceChildren(heading, reason, again);
  reveal();
}

const followPage = () => follow(page.firstElementChild?.dataset.follow, refresh, report);

// Fetch the page again; put in what is new. A page that has become another one, such as that of a job that has
// ended, is put in as a whole.
async function refresh(signal) {
  const address = location.href;
  const content = await fragment(pathOf(location), { signal });
  if (signal.aborted || address !== location.href) return;
  localise(content);
  const fresh = content.firstElementChild;
  const shown = page.firstElementChild;
  if (fresh.dataset.page !== shown.dataset.page) {
    page.replaceChildren(fresh);
    reveal();
    followPage();
  } else {
    for (const part of fresh.querySelectorAll("[data-live]")) replace(at(part.id), part);
  }
  if (at("notice").classList.contains("bad")) notice("");
}

function go(href, { replaceIt = false } = {}) {
  history[replaceIt ? "replaceState" : "pushState"](null, "", href);
  return show({ focus: !replaceIt });
}

// --- the search of the list, and the look at a result ----------------------------------------------------

function fieldsOf(form) {
  const fields = new URLSearchParams();
  for (const field of form.elements) {
    const value = field.type === "datetime-local" ? utcOf(field.value) : field.value.trim();
    if (field.name && value) fields.set(field.name, value);
  }
  return fields.toString();
}

async function search(form) {
  const fields = fieldsOf(form);
  history.replaceState(null, "", location.pathname + (fields ? `?${fields}` : ""));
  looking?.abort();
  looking = new AbortController();
  await refresh(looking.signal);
}

async function look(form) {
  const fields = fieldsOf(form);
  history.replaceState(null, "", location.pathname + (fields ? `?${fields}` : ""));
  looking?.abort();
  looking = new AbortController();
  at("outcome")?.setAttribute("aria-busy", "true");
  const content = await fragment(form.dataset.look + location.search, { signal: looking.signal });
  const parts = [...content.querySelectorAll("[data-part]")];
  for (const part of parts) {
    const old = at(part.id);
    if (old) replace(old, part);
    else at("result").append(part);
  }
  // Rules that cannot be read leave the last picture as it was, dimmed.
  at("outcome")?.toggleAttribute("data-stale", !parts.some((part) => part.id === "outcome"));
  at("outcome")?.removeAttribute("aria-busy");
}

let typing = null;

function typed(form, ms) {
  clearTimeout(typing);
  const handler = "search" in form.dataset ? search : "look" in form.dataset ? look : null;
  if (handler) typing = setTimeout(() => handler(form).catch(report), ms);
  return handler;
}

page.addEventListener("input", (event) => {
  const form = event.target.closest("form");
  if (form) typed(form, TYPING_MS);
});
page.addEventListener("submit", (event) => {
  event.preventDefault();
  typed(event.target, 0);
});

// --- buttons and links ------------------------------------------------------------------------------------

const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function press(button) {
  const { cancel, again, copy: what } = button.dataset;
  if (what) return notice(await copy(at(what)));
  button.disabled = true;
  try {
    if (cancel) {
      await call(`jobs/${cancel}/cancel`, { method: "PUT" });
      notice(`Job ${cancel} is cancelled.`);
    } else if (again) {
      const headers = { "Idempotency-Key": key() };
      const record = await call(`v1/pages/jobs/${again}/run-again`, { method: "POST", headers });
      await go(`/jobs/${record.jobId}`);
      notice(`Job ${record.jobId} was submitted with the payload of job ${again}.`);
    }
  } finally {
    button.disabled = false;
  }
  return undefined;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button && page.contains(button)) press(button).catch(report);
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || link.download) return;
  if ("download" in link.dataset) {
    event.preventDefault();
    save(link.href).catch(report);
  } else if (url.hash && url.pathname === location.pathname) {
    event.preventDefault(); // the address keeps its state; the content gets the focus
    page.focus();
  } else {
    event.preventDefault();
    go(link.href).catch(report);
  }
});

at("sign-out").addEventListener("click", () => report(new SignedOut("")));
at("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(at("token").value.trim());
  at("token").value = "";
  at("token-error").textContent = "";
  show({ focus: true }).catch(report);
});

addEventListener("popstate", () => show({ keepScroll: true }).catch(report));
addEventListener("hashchange", () => {
  if (!location.hash.includes("token=")) return;
  takeTokenFromAddress();
  show().catch(report);
});
setInterval(() => { if (!document.hidden) tick(page); }, 1000);

takeTokenFromAddress();
show().catch(report);
