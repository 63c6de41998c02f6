// Waiting for changes: one request that the scheduler answers as soon as something has changed.

import { call, SignedOut } from "./api.js";

const FASTEST_MS = 250;
const AGAIN_MS = 2000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let current = null;
let wanted = null;

// Follow all jobs ("all"), one of them (its id), or none (""); `refresh` is called after every change.
export function follow(what, refresh, report) {
  wanted = what ? { what, refresh, report } : null;
  begin();
}

export function stop() {
  wanted = null;
  begin();
}

function begin() {
  current?.abort();
  current = new AbortController();
  if (wanted && !document.hidden) run(wanted.what, wanted.refresh, wanted.report, current.signal);
}

// A tab that nobody sees waits for nothing: a browser opens six connections to a scheduler, for all tabs together.
document.addEventListener("visibilitychange", begin);

async function run(what, refresh, report, signal) {
  const ids = what === "all" ? "" : `&ids=${what}`;
  let seq = 0;
  while (!signal.aborted) {
    try {
      if (seq === 0) {
        // What has changed while the page was on its way is shown by one more look.
        seq = (await call(`v1/changes?after=${Number.MAX_SAFE_INTEGER}&timeout=0`, { signal })).seq;
        await refresh(signal);
      }
      const { seq: now } = await call(`v1/changes?after=${seq}&timeout=25${ids}`, { signal });
      if (now !== seq) {
        seq = now;
        await refresh(signal);
      }
      await pause(FASTEST_MS);
    } catch (error) {
      if (signal.aborted) return;
      report(error);
      if (error instanceof SignedOut) return;
      seq = 0;
      await pause(AGAIN_MS);
    }
  }
}
