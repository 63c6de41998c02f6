// What pages cannot do by themselves: times in the reader's own zone, and times that go on.

const pad = (number) => String(number).padStart(2, "0");

function clock(text) {
  const time = new Date(text);
  const today = time.toDateString() === new Date().toDateString();
  const seconds = `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
  return today ? seconds : `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())} ${seconds}`;
}

export function duration(seconds) {
  if (seconds < 60) return `${seconds.toFixed(0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days`;
}

// A field of local time shows the UTC time of the address.
function localField(field) {
  const utc = field.dataset.utc;
  if (!utc) return;
  const time = new Date(/Z|[+-]\d\d:\d\d$/.test(utc) ? utc : utc + "Z");
  if (Number.isNaN(time.getTime())) return;
  field.value = new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export const utcOf = (value) => (value ? new Date(value).toISOString().slice(0, 16) + "Z" : "");

export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = clock(time.dateTime);
    time.title = time.dateTime;
  }
  for (const field of root.querySelectorAll("input[data-utc]")) localField(field);
  tick(root);
}

export function tick(root) {
  for (const span of root.querySelectorAll("[data-since]")) {
    span.textContent = duration(Math.max(0, (Date.now() - new Date(span.dataset.since)) / 1000));
  }
}

export async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return "Copied.";
  } catch { // not allowed, or no secure context: mark the text, so that a key copies it
    getSelection().selectAllChildren(element);
    return "The text is selected; press Ctrl-C to copy it.";
  }
}

// Put new content in place of old, and leave the focus where it was.
export function replace(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  const held = old.contains(document.activeElement);
  old.replaceWith(fresh);
  if (held && focused) fresh.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}
