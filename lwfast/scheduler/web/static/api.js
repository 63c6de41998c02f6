// Requests to the scheduler. The token is kept for this tab only and travels in a header, never in a URL.

const KEY = "lwfast-token";

export class SignedOut extends Error {}

export function takeTokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname); // out of sight, and out of the history
  }
}

export const setToken = (token) => sessionStorage.setItem(KEY, token);
export const dropToken = () => sessionStorage.removeItem(KEY);

export async function call(path, { method = "GET", signal } = {}) {
  const token = sessionStorage.getItem(KEY);
  if (!token) throw new SignedOut("");
  const answer = await fetch("/api/" + path, { method, signal, headers: { "x-access-token": token } });
  if (answer.status === 401) throw new SignedOut("The scheduler does not know this token.");
  const text = await answer.text();
  if (!answer.ok) {
    let reason = `HTTP ${answer.status}`;
    try {
      reason = JSON.parse(text).errors.map((error) => `${error.name}: ${error.reason}`).join("; ");
    } catch { /* not ours: the status has to do */ }
    throw new Error(reason);
  }
  return text ? JSON.parse(text) : null;
}
