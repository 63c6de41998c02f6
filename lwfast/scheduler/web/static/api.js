// Requests to the scheduler. The token is kept for this tab only and travels in a header, never in a URL.

const KEY = "lwfast-token";

export class SignedOut extends Error {}

export function takeTokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname + location.search); // out of sight, and out of the history
  }
}

export const setToken = (token) => sessionStorage.setItem(KEY, token);
export const dropToken = () => sessionStorage.removeItem(KEY);

async function ask(path, { method = "GET", signal, headers = {} } = {}) {
  const token = sessionStorage.getItem(KEY);
  if (!token) throw new SignedOut("");
  const answer = await fetch(path, { method, signal, headers: { "x-access-token": token, ...headers } });
  if (answer.status === 401) throw new SignedOut("The scheduler does not know this token.");
  if (answer.ok) return answer;
  let reason = `HTTP ${answer.status}`;
  try {
    reason = (await answer.json()).errors.map((error) => `${error.name}: ${error.reason}`).join("; ");
  } catch { /* not ours: the status has to do */ }
  throw new Error(reason);
}

export async function call(path, options) {
  const text = await (await ask("/api/" + path, options)).text();
  return text ? JSON.parse(text) : null;
}

// A fragment of a page, as nodes. The server has escaped everything in it, and the content security policy
// lets no script in it run.
export async function fragment(path, options) {
  const text = await (await ask(path, options)).text();
  const holder = document.createElement("template");
  holder.innerHTML = text;
  return holder.content;
}

export async function save(path) {
  const answer = await ask(path);
  const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = named?.[1] ?? "download";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
