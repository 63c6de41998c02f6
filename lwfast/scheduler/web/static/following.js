// Waiting for changes: one request that the scheduler answers as soon as something has changed.

import { call, SignedOut } from "./api.js";

const FASTEST_MS = 250;
const AGAIN_MS = 2000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let current = null;

// Follow all jobs ("all"), one of them (its id), or none (""); `refresh` is called after every change.
export function follow(what, refresh, report) {
  current?.abort();
  current = new AbortController();
  if (what) run(what, refresh, report, current.signal);
}

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

export const stop = () => current?.abort();
