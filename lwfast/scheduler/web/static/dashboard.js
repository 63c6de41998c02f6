// The page: one list of jobs, kept up to date by waiting for changes. Text from jobs only ever becomes text
// nodes, so a name cannot become markup.

import { call, dropToken, setToken, SignedOut, takeTokenFromAddress } from "./api.js";

const PAGE = 50;
const FASTEST_REFRESH_MS = 250;
const LIVE = ["Accepted", "Scheduled", "Running"];
const FILTERS = {
  all: [], waiting: ["Accepted", "Scheduled"], running: ["Running"], completed: ["Completed"],
  failed: ["Failed", "Cancelled", "TimedOut"],
};
const state = { filter: "all", befores: [null], next: null, jobs: [], open: null };
const at = (id) => document.getElementById(id);

function element(tag, text, classes = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = classes;
  return made;
}

const count = (number) => number.toLocaleString("en");
const several = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

function duration(from, to) {
  if (!from) return "";
  const seconds = Math.max(0, ((to ? new Date(to) : new Date()) - new Date(from)) / 1000);
  if (seconds < 0.001) return "< 1 ms";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days`;
}

function clock(text) {
  const time = new Date(text);
  const today = time.toDateString() === new Date().toDateString();
  return today ? time.toLocaleTimeString() : time.toLocaleString();
}

function statusText(job) {
  const name = job.jobStatus === "TimedOut" ? "Timed out" : job.jobStatus;
  return job.queuePosition ? `${name}, no. ${count(job.queuePosition)}` : name;
}

function row(job) {
  const line = document.createElement("tr");
  const opener = element("button", job.jobId, "link");
  opener.dataset.key = `open ${job.jobId}`;
  opener.addEventListener("click", now(() => showDetails(job.jobId)));
  const first = element("td", "", "number");
  first.append(opener);
  const name = element("td", job.jobName, "name");
  name.title = job.jobName;
  const status = element("td", statusText(job), `status ${job.jobStatus}`);
  if (job.notes) status.title = job.notes;
  const created = element("td", clock(job.createdDate));
  created.title = job.createdDate;
  const last = element("td", "");
  if (LIVE.includes(job.jobStatus)) {
    const cancel = element("button", "Cancel");
    cancel.setAttribute("aria-label", `Cancel job ${job.jobId}`);
    cancel.dataset.key = `cancel ${job.jobId}`;
    cancel.addEventListener("click", () => cancelJob(job, cancel));
    last.append(cancel);
  }
  line.append(
    first, name, status, element("td", job.qpu),
    ...[job.nModes, job.nPhotons, job.nSamples, job.minDetection].map((n) => element("td", count(n), "number")),
    created, ...times(job).map((text) => element("td", text, "number time")), last,
  );
  return line;
}

const times = (job) => [
  duration(job.createdDate, job.startedDate ?? job.finishedDate), duration(job.startedDate, job.finishedDate),
];

// Between changes only the times of live jobs go on.
function tick() {
  state.jobs.forEach((job, index) => {
    if (!LIVE.includes(job.jobStatus)) return;
    const cells = at("jobs").rows[index].querySelectorAll(".time");
    times(job).forEach((text, which) => { cells[which].textContent = text; });
  });
}

function showJobs() {
  const focused = document.activeElement?.dataset.key;
  at("jobs").replaceChildren(...state.jobs.map(row));
  if (focused) at("jobs").querySelector(`[data-key="${focused}"]`)?.focus();
  at("empty").hidden = state.jobs.length > 0;
  at("newer").disabled = state.befores.length === 1;
  at("older").disabled = state.next === null;
  at("page").textContent = state.jobs.length ? `Page ${state.befores.length}, newest first` : "";
}

function showQpus(qpus) {
  at("qpus").replaceChildren(...qpus.map((qpu) => {
    const line = document.createElement("li");
    const limits = qpu.maxSamples.map((limit) => `${count(limit.item2)} at filter ${limit.item1}`).join(", ");
    line.append(
      element("span", "", qpu.isAvailable ? "dot on" : "dot"),
      element("strong", qpu.name),
      element("span", `${qpu.isAvailable ? "online" : "offline"}: ${qpu.numberOfModes} modes, up to ` +
        `${qpu.maxPhotonInputNumber} photons, detection filter up to ${qpu.maxDetectionFilter}`),
      element("div", `Samples: up to ${count(qpu.defaultMaxSamples)}${limits ? `; ${limits}` : ""}`, "quiet"),
    );
    return line;
  }));
}

async function refresh() {
  const query = new URLSearchParams({ limit: PAGE });
  for (const status of FILTERS[state.filter]) query.append("status", status);
  const before = state.befores.at(-1);
  if (before !== null) query.set("before", before);
  const [page, status] = await Promise.all([call(`v1/jobs?${query}`), call("v1/status")]);
  state.jobs = page.items;
  state.next = page.before;
  showJobs();
  at("summary").textContent = `${count(status.running)} running, ${count(status.waiting)} waiting, ` +
    `${several(status.workers, "worker")}, version ${status.version}` +
    (status.trouble ? `. No job can be run: ${status.trouble}` : "");
  at("summary").classList.remove("stale");
  at("summary").title = `Started ${status.startedDate}`;
}

async function showDetails(jobId) {
  state.open = jobId;
  const [job, details] = await Promise.all([call(`v1/jobs/${jobId}`), call(`jobs/${jobId}`)]);
  at("details-title").textContent = `Job ${jobId}: ${job.jobName}`;
  const facts = [
    ["Status", statusText(job)], ["Notes", job.notes], ["QPU", job.qpu],
    ["Created", job.createdDate], ["Started", job.startedDate], ["Finished", job.finishedDate],
    ["Circuit", `${several(job.nModes, "mode")}, ${several(job.nPhotons, "photon")}`],
    ["Samples", `${count(job.nSamples)} with at least ${several(job.minDetection, "photon")}`],
  ].filter(([, value]) => value);
  at("details-facts").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  at("details-logs").replaceChildren(...details.logs.map((entry) => {
    const line = element("li", `${entry.createdDate}  ${entry.message}`);
    if (Object.keys(entry.meta).length) line.append(element("div", JSON.stringify(entry.meta, null, 2), "quiet"));
    return line;
  }));
  if (!at("details").open) at("details").showModal();
}

async function cancelJob(job, button) {
  button.disabled = true;
  try {
    await call(`jobs/${job.jobId}/cancel`, { method: "PUT" });
  } catch (error) {
    report(error);
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function report(error) {
  if (error instanceof SignedOut) {
    dropToken();
    at("board").hidden = true;
    at("sign-in").hidden = false;
    at("token-error").textContent = error.message;
    at("summary").textContent = "";
    at("token").focus();
    return;
  }
  at("summary").textContent = error instanceof TypeError ? "The scheduler does not answer; trying again" : error.message;
  at("summary").classList.add("stale");
}

async function follow() {
  let seq = 0;
  for (;;) {
    try {
      if (seq === 0) {
        const qpus = await call("qpus");
        showQpus(await Promise.all(qpus.map((qpu) => call(`Qpus/${encodeURIComponent(qpu.id)}`))));
        at("sign-in").hidden = true;
        at("board").hidden = false;
        seq = (await call(`v1/changes?after=${Number.MAX_SAFE_INTEGER}&timeout=0`)).seq;
      }
      await refresh();
      if (state.open !== null) await showDetails(state.open);
      await pause(FASTEST_REFRESH_MS);
      seq = (await call(`v1/changes?after=${seq}&timeout=25`)).seq;
    } catch (error) {
      report(error);
      if (error instanceof SignedOut) return;
      seq = 0;
      await pause(2000);
    }
  }
}

const now = (work) => (event) => work(event)?.catch(report);

at("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(at("token").value.trim());
  at("token").value = "";
  at("token-error").textContent = "";
  follow();
});
at("filters").addEventListener("click", now((event) => {
  const chosen = event.target.dataset.filter;
  if (!chosen) return undefined;
  for (const button of at("filters").children) button.setAttribute("aria-pressed", String(button === event.target));
  Object.assign(state, { filter: chosen, befores: [null] });
  return refresh();
}));
at("older").addEventListener("click", now(() => {
  if (state.next === null) return undefined;
  state.befores.push(state.next);
  return refresh();
}));
at("newer").addEventListener("click", now(() => {
  if (state.befores.length > 1) state.befores.pop();
  return refresh();
}));
at("details").addEventListener("close", () => { state.open = null; });
setInterval(() => { if (!document.hidden) tick(); }, 1000);

takeTokenFromAddress();
addEventListener("hashchange", () => { takeTokenFromAddress(); location.reload(); });
follow();
