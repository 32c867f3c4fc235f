"use strict";

// Figures first: functions of what is given, without a page.

const TESTS = ["abx", "preference"];
const CONFIDENCE = 0.95;

/** What base64 hides: {conditions: [name], clips: [[path of each condition] of each item]}. */
function decodeKey(packed) {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** FNV-1a of a text, 32 bits. */
function hash(text) {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value >>> 0;
}

/** Numbers in [0, 1) that only depend on the seed (sfc32 of C. Doty-Humphrey's PractRand). */
function randomNumbers(seed) {
  let [a, b, c, d] = [hash(`a${seed}`), hash(`b${seed}`), hash(`c${seed}`), 1];
  const next = () => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 20; i += 1) next();
  return next;
}

/** The questions of a round: each item in each comparison, shuffled; A, B and X by chance. */
function plan(key, session, test, round) {
  const random = randomNumbers(`${session} ${test} ${round}`);
  const trials = [];
  key.clips.forEach((_, item) => {
    for (let other = 1; other < key.conditions.length; other += 1) trials.push({ item, other });
  });
  for (let i = trials.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [trials[i], trials[j]] = [trials[j], trials[i]];
  }
  for (const trial of trials) {
    const swapped = random() < 0.5;
    trial.a = swapped ? trial.other : 0;
    trial.b = swapped ? 0 : trial.other;
    const x = random() < 0.5 ? "a" : "b";
    trial.x = test === "abx" ? x : null;
  }
  return trials;
}

/** The question that comes behind so many answers, with its round and its place in it. */
function questionAt(key, session, test, answered) {
  const size = key.clips.length * (key.conditions.length - 1);
  const round = Math.floor(answered / size);
  const place = answered % size;
  return { ...plan(key, session, test, round)[place], round, place, size };
}

/** Every answer with its question, the conditions by name: what is exported. */
function judgements(key, state) {
  const found = [];
  for (const test of TESTS) {
    state.answers[test].forEach((answer, i) => {
      const { item, round, a, b, x } = questionAt(key, state.session, test, i);
      const names = { is_a: key.conditions[a], is_b: key.conditions[b] };
      found.push({ test, round, item, ...names, x, answer });
    });
  }
  return found;
}

/** The file that a listener exports. */
function exported(facts, key, state) {
  return {
    format: "onset-listening-answers",
    version: 1,
    page: facts.id,
    session: state.session,
    reference: key.conditions[0],
    answers: judgements(key, state),
  };
}

/** Chance of at most k of n, each with the chance p. */
function atMost(k, n, p) {
  if (p <= 0 || k >= n) return 1;
  if (p >= 1 || k < 0) return 0;
  let log = n * Math.log1p(-p);
  let sum = Math.exp(log);
  for (let i = 1; i <= k; i += 1) {
    log += Math.log((n - i + 1) / i) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(log);
  }
  return Math.min(1, sum);
}

/** Where a function that falls from above zero to below it crosses zero in [0, 1]. */
function crossing(falling) {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (falling(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Two-sided 95 % interval of a share (Clopper and Pearson 1934); [0, 1] of no answer. */
function interval(successes, n) {
  const tail = (1 - CONFIDENCE) / 2;
  if (n === 0) return [0, 1];
  const low = successes === 0 ? 0 : crossing((p) => tail - 1 + atMost(successes - 1, n, p));
  const high = successes === n ? 1 : crossing((p) => atMost(successes, n, p) - tail);
  return [low, high];
}

/** What an interval says, in words. */
function finding(test, [low, high], told) {
  const preference = test === "preference";
  if (low > 0.5) return preference ? "preferred" : "told apart";
  if (high < 0.5) return preference ? "the other is preferred" : "wrong more often than by chance";
  const hardly = `right less than ${Math.round(100 * told)} % of the time`;
  return !preference && high < told ? hardly : "undecided";
}

/** A row for each test and condition that was answered. */
function tally(file, told) {
  const rows = new Map();
  for (const { test, is_a, is_b, x, answer } of file.answers) {
    const condition = is_a === file.reference ? is_b : is_a;
    const name = `${test} ${condition}`;
    if (!rows.has(name)) rows.set(name, { test, condition, n: 0, successes: 0 });
    const row = rows.get(name);
    const chosen = answer === "a" ? is_a : is_b;
    row.n += 1;
    row.successes += x === null ? Number(chosen === condition) : Number(answer === x);
  }
  return [...rows.values()].map((row) => {
    const [low, high] = interval(row.successes, row.n);
    return { ...row, low, high, finding: finding(row.test, [low, high], told) };
  });
}

/** A state that nothing was answered in. */
function fresh(random) {
  const session = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { session, answers: { abx: [], preference: [] } };
}

/** The state in a text that was kept, or null if it is none. */
function restored(text) {
  try {
    const state = JSON.parse(text);
    const good = (answers) => answers.every((answer) => answer === "a" || answer === "b");
    return /^[0-9a-f]{32}$/.test(state.session) && TESTS.every((t) => good(state.answers[t]))
      ? state
      : null;
  } catch {
    return null;
  }
}

// The page.

function begin() {
  const element = (id) => document.getElementById(id);
  const facts = JSON.parse(element("facts").textContent);
  const key = decodeKey(facts.key);
  const place = `onset-listening ${facts.id}`;
  const sounds = new Map();
  let state = restored(kept()) ?? fresh(crypto.getRandomValues(new Uint8Array(16)));
  let test = "abx";
  let question = null;
  let heard = new Set();
  let playing = null;
  let rounds = null;

  function kept() {
    try {
      return localStorage.getItem(place);
    } catch {
      return null;
    }
  }

  function keep() {
    try {
      localStorage.setItem(place, JSON.stringify(state));
      element("unkept").hidden = true;
    } catch {
      element("unkept").hidden = false;
    }
  }

  const names = () => (test === "abx" ? ["a", "b", "x"] : ["a", "b"]);
  const conditionOf = (name) => question[name === "x" ? question.x : name];

  function sound(path) {
    if (!sounds.has(path)) {
      const audio = new Audio(path);
      audio.preload = "auto";
      sounds.set(path, audio);
    }
    return sounds.get(path);
  }

  function stop(message = "") {
    if (playing !== null) {
      playing.audio.onended = null;
      playing.audio.pause();
      element(`play-${playing.name}`).setAttribute("aria-pressed", "false");
      playing = null;
    }
    element("status").textContent = message;
  }

  function play(name) {
    if (question === null || !names().includes(name)) return;
    const label = name.toUpperCase();
    stop(`Playing ${label}`);
    const audio = sound(key.clips[question.item][conditionOf(name)]);
    playing = { name, audio };
    element(`play-${name}`).setAttribute("aria-pressed", "true");
    audio.currentTime = 0;
    audio.onended = () => stop("");
    const own = playing;
    audio.play().then(
      () => {
        heard.add(name);
        enable();
      },
      (error) => {
        if (playing === own) stop(`${label} cannot be played: ${error.message}`);
      },
    );
  }

  function enable() {
    const complete = names().every((name) => heard.has(name));
    for (const name of ["a", "b", "x"]) element(`play-${name}`).dataset.heard = heard.has(name);
    for (const name of ["a", "b"]) element(`answer-${name}`).disabled = !complete;
    return complete;
  }

  function answer(name) {
    if (question === null) return;
    if (!enable()) {
      element("status").textContent = `Listen to ${names().join(", ").toUpperCase()} first.`;
      return;
    }
    stop();
    state.answers[test].push(name);
    keep();
    show();
    element(question === null ? "finished-heading" : "heading").focus();
  }

  /** Shows the next question, or that the round is over. */
  function show() {
    stop();
    const next = questionAt(key, state.session, test, state.answers[test].length);
    const over = next.place === 0 && next.round > 0 && rounds !== `${test} ${next.round}`;
    question = over ? null : next;
    heard = new Set();
    element("question").hidden = over;
    element("finished").hidden = !over;
    element("tally").hidden = true;
    element("show").setAttribute("aria-expanded", "false");
    for (const name of TESTS) element(name).setAttribute("aria-pressed", String(name === test));
    const [abx, preference] = TESTS.map((name) => state.answers[name].length);
    element("count").textContent = `“Which one is X?”: ${abx}. “Which is better?”: ${preference}.`;
    element("export").disabled = abx + preference === 0;
    element("show").disabled = abx + preference === 0;
    if (question !== null) ask(facts.items[question.item]);
  }

  function ask(item) {
    const round = question.round > 0 ? `, round ${question.round + 1}` : "";
    element("heading").textContent = `Question ${question.place + 1} of ${question.size}${round}`;
    element("sentence").textContent = item.text;
    element("sentence").lang = item.lang;
    const abx = test === "abx";
    element("task").textContent = abx
      ? "X is the same recording as A or as B. Which one?"
      : "Which one would you rather listen to?";
    element("says-a").textContent = abx ? "X is A" : "Rather A";
    element("says-b").textContent = abx ? "X is B" : "Rather B";
    element("play-x").hidden = !abx;
    enable();
    for (const name of names()) sound(key.clips[question.item][conditionOf(name)]).load();
  }

  function cell(line, name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    line.append(made);
    return made;
  }

  function table(rows) {
    const made = document.createElement("table");
    cell(made, "caption", `Each against “${key.conditions[0]}”`);
    const head = made.createTHead().insertRow();
    const columns = ["test", "recording", "answers", "right or chosen", "95 % interval", "so"];
    for (const column of columns) cell(head, "th", column).scope = "col";
    const body = made.createTBody();
    const percent = (share) => `${(100 * share).toFixed(0)}\u00a0%`;
    for (const row of rows) {
      const line = body.insertRow();
      cell(line, "td", row.test === "abx" ? "Which one is X?" : "Which is better?");
      cell(line, "th", row.condition).scope = "row";
      cell(line, "td", `${row.n} of ${facts.needed}`);
      cell(line, "td", `${row.successes} (${percent(row.successes / row.n)})`);
      cell(line, "td", `${percent(row.low)} to ${percent(row.high)}`);
      cell(line, "td", row.finding);
    }
    return made;
  }

  function toggleTally() {
    const region = element("tally");
    region.hidden = !region.hidden;
    element("show").setAttribute("aria-expanded", String(!region.hidden));
    if (region.hidden) return;
    region.replaceChildren(table(tally(exported(facts, key, state), facts.told)));
    region.focus();
  }

  function exportFile() {
    const text = JSON.stringify(exported(facts, key, state), null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = `answers-${facts.id}-${state.session.slice(0, 8)}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  function forget() {
    if (!confirm("Forget all answers that this page keeps?")) return;
    state = fresh(crypto.getRandomValues(new Uint8Array(16)));
    rounds = null;
    keep();
    show();
  }

  function choose(name) {
    test = name;
    show();
    element(question === null ? "finished-heading" : "heading").focus();
  }

  const keys = new Map([
    ["a", () => play("a")],
    ["b", () => play("b")],
    ["x", () => play("x")],
    ["1", () => answer("a")],
    ["2", () => answer("b")],
  ]);
  let swallowed = false;

  function pressed(event) {
    if (!element("keys").checked || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && playing !== null) {
      stop("Stopped");
      swallowed = true;
      event.preventDefault();
    } else if (!event.repeat) {
      keys.get(event.key.toLowerCase())?.();
    }
  }

  function released(event) {
    if (event.key !== " " || !swallowed) return;
    swallowed = false;
    event.preventDefault(); // or the button that has the focus is pressed
  }

  for (const name of TESTS) element(name).addEventListener("click", () => choose(name));
  for (const name of ["a", "b", "x"]) {
    element(`play-${name}`).addEventListener("click", () => play(name));
  }
  for (const name of ["a", "b"]) {
    element(`answer-${name}`).addEventListener("click", () => answer(name));
  }
  element("stop").addEventListener("click", () => stop("Stopped"));
  element("again").addEventListener("click", () => {
    rounds = `${test} ${questionAt(key, state.session, test, state.answers[test].length).round}`;
    choose(test);
  });
  element("export").addEventListener("click", exportFile);
  element("show").addEventListener("click", toggleTally);
  element("forget").addEventListener("click", forget);
  document.addEventListener("keydown", pressed);
  document.addEventListener("keyup", released);
  keep();
  show();
}

if (typeof document !== "undefined") begin();
