// The benchmark panel: starts one of this server, follows it, shows what came of it.
const byId = (id) => document.getElementById(id);
const POLL_MS = 1000;
const MOST_ROWS = 40;
const STATES = {
  running: "is running",
  pass: "every promise was kept",
  fail: "a promise was broken",
  inconclusive: "too few answers to decide every promise",
  invalid: "not to be believed",
  broken: "it broke off",
};

function element(tag, words, css) {
  const made = document.createElement(tag);
  if (words !== undefined) made.textContent = words;
  if (css) made.className = css;
  return made;
}

function figure(value, unit) {
  if (value === null || value === undefined) return "not measured";
  return `${Number(value.toPrecision(4))}${unit ? ` ${unit}` : ""}`;
}

/** The verdicts of a summary, the broken ones first. */
function verdicts(result) {
  const rows = [];
  for (const scenario of result.scenarios ?? []) {
    for (const { name, arms } of scenario.cases) {
      for (const arm of arms) {
        for (const one of arm.verdicts) rows.push({ ...one, where: `${scenario.name} ${name}` });
      }
    }
  }
  const order = ["fail", "inconclusive", "not measured"];
  const place = ({ state }) => (order.includes(state) ? order.indexOf(state) : order.length);
  return rows.sort((a, b) => place(a) - place(b));
}

function table(rows) {
  const made = element("table");
  const head = element("tr");
  for (const name of ["verdict", "promise", "measured", "scenario and case"]) {
    const cell = element("th", name, "word");
    cell.scope = "col";
    head.append(cell);
  }
  made.append(element("thead"), element("tbody"));
  made.tHead.append(head);
  for (const one of rows.slice(0, MOST_ROWS)) {
    const row = element("tr");
    row.append(element("td", one.state, `word ${one.state.replace(" ", "-")}`));
    for (const words of [one.promise, figure(one.measured, one.unit), one.where]) {
      row.append(element("td", words, "word"));
    }
    made.tBodies[0].append(row);
  }
  return made;
}

/** headers: gives those that a request needs; hasKey: whether there is a key among them. */
export function benchmarkPanel(headers, hasKey) {
  let timer = 0;
  let shown = "";

  async function ask(path, more = {}) {
    const answer = await fetch(path, { headers: headers(more.body ? { "Content-Type": "application/json" } : {}), cache: "no-store", ...more });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error.message);
    return body;
  }

  function tell(words) {
    if (byId("benchmark-state").textContent !== words) byId("benchmark-state").textContent = words;
  }

  function showProgress(one) {
    const { scenario, scenarios_done: done, scenarios: of } = one.progress ?? {};
    byId("benchmark-progress").hidden = false;
    byId("benchmark-progress").max = of ?? 1;
    byId("benchmark-progress").value = done ?? 0;
    tell(scenario ? `${one.scenario} is running: ${scenario}, ${done} of ${of} scenarios are over.` : `${one.scenario} is starting.`);
  }

  function showResult(one) {
    byId("benchmark-progress").hidden = true;
    tell(`${one.scenario}: ${one.state}, ${STATES[one.state]}${one.detail ? ` (${one.detail})` : ""}.`);
    const parts = [];
    if (one.result) {
      const rows = verdicts(one.result);
      const wide = element("div", undefined, "wide");
      wide.tabIndex = 0;
      wide.setAttribute("role", "region");
      wide.setAttribute("aria-label", "verdicts");
      wide.append(table(rows));
      if (one.result.invalid?.length) parts.push(element("p", one.result.invalid.join(" "), "alert"));
      parts.push(rows.length ? wide : element("p", "This scenario promises nothing."));
      if (rows.length > MOST_ROWS) parts.push(element("p", `${rows.length - MOST_ROWS} more are in the report.`, "note"));
      if (hasKey()) {
        parts.push(element("p", "The whole report is in the folder of the run.", "note"));
      } else {
        const link = element("a", "The whole report");
        link.href = `/performance/benchmark/${one.id}/report`;
        parts.push(link);
      }
    }
    byId("benchmark-result").replaceChildren(...parts);
  }

  function show(one) {
    byId("benchmark-start").disabled = one.state === "running";
    if (one.state === "running") {
      shown = "";
      showProgress(one);
      return;
    }
    if (shown === one.id) return; // so that what a reader scrolled stays so
    shown = one.id;
    showResult(one);
  }

  async function follow(id) {
    clearTimeout(timer);
    if (document.hidden) return; // `look` goes on when it is seen again
    try {
      const one = await ask(`/performance/benchmark/${id}`);
      show(one);
      if (one.state === "running") timer = setTimeout(() => follow(id), POLL_MS);
    } catch (error) {
      tell(`The benchmark cannot be asked about: ${error.message}`);
      byId("benchmark-start").disabled = false;
    }
  }

  byId("benchmark-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    byId("benchmark-start").disabled = true;
    byId("benchmark-result").replaceChildren();
    try {
      const body = JSON.stringify({ scenario: byId("benchmark-scenario").value });
      const one = await ask("/performance/benchmark", { method: "POST", body });
      show(one);
      follow(one.id);
    } catch (error) {
      tell(`Not started: ${error.message}`);
      byId("benchmark-start").disabled = false;
    }
  });

  return {
    /** Follow the newest one, which may have been started elsewhere. */
    async look() {
      try {
        const { benchmarks } = await ask("/performance/benchmark");
        if (benchmarks.length) follow(benchmarks[benchmarks.length - 1].id);
      } catch {
        // the live stream tells what is wrong
      }
    },
  };
}
