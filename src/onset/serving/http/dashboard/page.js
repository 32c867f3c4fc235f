// Reads the live stream and shows its panels; asks for a key where the server does.
import { benchmarkPanel } from "./benchmark.js";
import { events, speakBox } from "./player.js";

const RETRY_MS = 3000;
const HISTORY_MS = 300000; // it is read from the disk
const byId = (id) => document.getElementById(id);

let key = ""; // nowhere else: a reload forgets it
let paused = false;
let reading = null; // the AbortController of the stream that is read

function headers(more = {}) {
  return key ? { ...more, Authorization: `Bearer ${key}` } : more;
}

const box = speakBox(headers);
const benchmark = benchmarkPanel(headers, () => key !== "");

const lines = {}; // of each panel's HTML, which the next change counts from

/** A panel's HTML: told whole, or as new lines and [begin, end] of those that it had. */
function changedHtml(name, told) {
  if (typeof told === "string") lines[name] = told.split("\n");
  else lines[name] = told.flatMap((part) => (typeof part === "string" ? [part] : lines[name].slice(...part)));
  return lines[name].join("\n");
}

/** Replace what a panel shows; what a reader opened or scrolled stays so. It comes escaped. */
function fill(panel, html) {
  const regions = () => [...panel.querySelectorAll("summary, [tabindex], a[href]")];
  const focused = regions().indexOf(document.activeElement);
  const scrolled = [...panel.querySelectorAll(".wide")].map((region) => region.scrollLeft);
  const open = [...panel.querySelectorAll("details[open]")].map((one) => one.id);
  panel.innerHTML = html;
  open.forEach((id) => byId(id)?.setAttribute("open", ""));
  panel.querySelectorAll(".wide").forEach((region, i) => (region.scrollLeft = scrolled[i] ?? 0));
  regions()[focused]?.focus({ preventScroll: true });
}

function show(panels) {
  for (const [name, told] of Object.entries(panels)) {
    const html = changedHtml(name, told);
    const panel = byId(`panel-${name}`);
    if (panel) fill(panel, html);
  }
}

let historyAt = -HISTORY_MS;

async function showHistory() {
  historyAt = performance.now();
  const days = byId("days").value;
  const answer = await fetch(`/performance/history?as=panel&days=${days}`, { headers: headers(), cache: "no-store" });
  if (answer.ok && days === byId("days").value) fill(byId("history-panel"), await answer.text());
}

function tell(words, stale) {
  if (byId("connection").textContent !== words) byId("connection").textContent = words;
  document.body.classList.toggle("stale", stale);
}

function askForKey() {
  byId("key-wrong").textContent = key ? "That key is not one of this server's." : "";
  tell("A key is needed.", true);
  byId("key-form").hidden = false;
  byId("key").focus();
}

// Returns milliseconds after which to try again; null: not by itself.
async function read(signal) {
  const asked = { headers: headers(), signal, cache: "no-store" };
  const answer = await fetch("/performance/live?as=panels", asked);
  if (answer.status === 401) {
    askForKey();
    return null;
  }
  if (!answer.ok) {
    tell(answer.status === 429 ? "Too many are looking; waiting." : "The server refuses.", true);
    return RETRY_MS;
  }
  byId("key-form").hidden = true;
  tell("Live.", false);
  box.listVoices();
  benchmark.look();
  for await (const panels of events(answer)) {
    show(panels);
    if (performance.now() - historyAt >= HISTORY_MS) showHistory().catch(() => {});
  }
  tell("The connection is lost; trying again.", true);
  return RETRY_MS;
}

async function live() {
  reading?.abort();
  reading = null;
  if (paused) tell("Paused.", true);
  if (paused || document.hidden) return; // a hidden tab costs the server nothing
  const mine = (reading = new AbortController());
  for (let wait = 0; reading === mine && wait !== null; ) {
    try {
      wait = await read(mine.signal);
    } catch {
      if (mine.signal.aborted) return;
      tell("The connection is lost; trying again.", true);
      wait = RETRY_MS;
    }
    if (wait !== null) await new Promise((done) => setTimeout(done, wait));
  }
}

byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").textContent = paused ? "Go on" : "Pause";
  live();
});
byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  key = byId("key").value.trim();
  byId("key").value = "";
  live();
});
byId("days").addEventListener("change", () => showHistory().catch(() => {}));
document.addEventListener("visibilitychange", live);
live();
