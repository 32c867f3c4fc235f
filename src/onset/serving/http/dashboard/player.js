// The speak box: asks for speech as every client does, plays it as it comes, shows where time went.
const RATE = 24000;
const AHEAD = 30 * RATE; // samples kept before they are played; then the server has to wait
const FRAME = RATE / 200; // 5 ms, as the server and the benchmark define the audible onset
const LOUD = 0.01; // RMS, -40 dBFS
const KEPT = 10; // frames of which QUIET may be quiet
const QUIET = 2;
const MOST_WORDS = 300; // shown at once
const SETTLED = 0.3; // seconds of playing after which a device that has just begun tells its time right
const NOT_MEASURED = "not measured";
const byId = (id) => document.getElementById(id);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** The JSON of server-sent events. */
export async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) if (part.startsWith("data: ")) yield JSON.parse(part.slice(6));
  }
}

function decoded(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return Float32Array.from(new Int16Array(bytes.buffer), (value) => value / 32768);
}

/** Finds the first sample of the first loud frame from which on the sound is kept. */
export class OnsetFinder {
  constructor() {
    this.sample = null;
    this.loud = []; // of the newest KEPT frames
    this.frames = this.count = this.power = 0;
  }

  feed(samples) {
    for (let i = 0; i < samples.length && this.sample === null; i++) {
      this.power += samples[i] * samples[i];
      if (++this.count === FRAME) this.#judge();
    }
  }

  #judge() {
    this.loud.push(this.power / FRAME > LOUD * LOUD);
    this.frames++;
    this.count = this.power = 0;
    if (this.loud.length > KEPT) this.loud.shift();
    const quiet = this.loud.filter((loud) => !loud).length;
    if (this.loud.length === KEPT && this.loud[0] && quiet <= QUIET) {
      this.sample = (this.frames - KEPT) * FRAME;
    }
  }
}

function serverStages(answer) {
  const told = (answer.headers.get("Server-Timing") ?? "").split(",");
  const pairs = told.map((metric) => metric.trim().match(/^([^;]+);dur=([\d.]+)$/));
  return pairs.filter(Boolean).map(([, name, ms]) => [name, Number(ms)]);
}

/** One utterance, from its click until it is over. */
class Utterance {
  constructor(clicked) {
    this.context = null; // until the sound is open
    this.clicked = clicked;
    this.controller = new AbortController();
    this.finder = new OnsetFinder();
    this.arrivals = []; // [end in samples, when it came], until the onset is found
    this.onsetAt = null; // when the piece with the onset came
    this.stretches = []; // [frame of the device's time, sample] where playing began or went on
    this.sent = this.headersAt = this.firstAt = null;
    this.fed = this.played = this.concealed = this.stalls = 0;
    this.stages = [];
    this.words = [];
    this.request = null; // its id at the server
    this.plan = null; // how it is made
    this.finished = this.shown = this.told = this.speaking = false;
  }

  start(node) {
    this.node = node;
    this.underrunsBefore = this.context.playbackStats?.underrunEvents ?? 0;
    node.port.onmessage = ({ data }) => {
      if (data.frame !== undefined) {
        this.stalls = this.stretches.length ? this.stalls + 1 : 0;
        if (this.finder.sample === null || !this.stretches.length) {
          this.stretches.push([data.frame, data.sample]);
        }
        return;
      }
      this.played = data.played;
      this.concealed = data.concealed;
      this.finished ||= data.finished === true;
    };
    node.connect(this.context.destination);
  }

  feed(samples) {
    this.firstAt ??= performance.now();
    this.fed += samples.length;
    if (this.onsetAt === null) {
      this.arrivals.push([this.fed, performance.now()]);
      this.finder.feed(samples);
      const onset = this.finder.sample;
      if (onset !== null) this.onsetAt = this.arrivals.find(([end]) => end > onset)[1];
    }
    this.node.port.postMessage({ samples }, [samples.buffer]);
  }

  stop() {
    this.controller.abort();
    this.node?.port.postMessage({ stopped: true });
    this.node?.disconnect();
  }

  get latency() {
    return this.context.outputLatency > 0 ? 1000 * this.context.outputLatency : null;
  }

  /** When the audible onset was at the device: null while it was not, undefined if nobody knows. */
  heardAt() {
    const onset = this.finder.sample;
    const before = this.stretches.filter(([, sample]) => sample <= onset).pop();
    if (onset === null || !before) return null;
    const seconds = (before[0] + onset - before[1]) / RATE;
    const { contextTime, performanceTime } = this.context.getOutputTimestamp?.() ?? {};
    if (!performanceTime) return this.context.currentTime > seconds + 1 ? undefined : null;
    this.speaking = contextTime >= seconds;
    return contextTime < seconds + SETTLED ? null : performanceTime + 1000 * (seconds - contextTime);
  }

  /** Milliseconds between request and head of the answer that the server does not say it took. */
  get network() {
    const total = this.stages.find(([name]) => name === "total")?.[1] ?? null;
    return total === null ? null : this.headersAt - this.sent - total;
  }

  /** What a player tells a server when its answer is heard; null if this browser cannot know. */
  heardReport(heard) {
    if (heard === undefined || this.latency === null) return null;
    const network = this.network;
    return {
      request: this.request,
      reporter: "browser",
      audible: true,
      first_ms: this.firstAt - this.sent,
      onset_ms: this.onsetAt - this.sent,
      taken_ms: Math.max(0, heard - this.latency - this.sent),
      heard_ms: heard - this.sent,
      latency_ms: this.latency,
      network_ms: network !== null && network >= 0 ? network : null,
    };
  }

  /** What a player tells when playing is over. */
  playedReport(outcome) {
    const silent = (1000 * this.concealed) / RATE;
    const underruns = this.context.playbackStats?.underrunEvents;
    return {
      request: this.request,
      reporter: "browser",
      outcome,
      audible: true,
      played_s: this.played / RATE,
      stalls: this.stalls,
      stalled_ms: silent, // here it is the same: silence is given exactly while samples are missing
      concealed_ms: silent,
      latency_ms: this.latency,
      xruns: underruns === undefined ? null : underruns - this.underrunsBefore,
    };
  }

  /** The waterfall's rows, [part, ms or null], which add up to the time from click to sound. */
  parts(heard) {
    const network = this.network;
    const silence = (1000 * this.finder.sample) / RATE;
    const rest = heard === undefined ? null : heard - this.firstAt - silence;
    // A latency that is longer than all that was left cannot be told apart from the buffer.
    const known = rest !== null && this.latency !== null && this.latency <= rest;
    return [
      ["click to request", this.sent - this.clicked],
      ...this.stages.filter(([name]) => name !== "total").map(([n, ms]) => [`server: ${n}`, ms]),
      ["network", network],
      ["until the first samples", this.firstAt - this.headersAt],
      ["silence before the speech", silence],
      ["buffer", known ? rest - this.latency : null],
      ["device", known ? this.latency : null],
      ...(rest !== null && !known ? [["buffer and device together", rest]] : []),
    ];
  }
}

function showWaterfall(utterance, heard) {
  const rows = utterance.parts(heard);
  const whole = heard === undefined ? null : heard - utterance.clicked;
  const shown = rows.reduce((sum, [, ms]) => sum + (ms ?? 0), 0);
  byId("waterfall-caption").textContent =
    whole === null
      ? `First sound: ${NOT_MEASURED}; this browser does not tell when the device plays.`
      : `First sound ${whole.toFixed(0)} ms after the click; the parts add up to ${shown.toFixed(0)} ms.`;
  let at = 0;
  byId("waterfall-rows").replaceChildren(
    ...rows.map(([name, ms]) => {
      const row = document.createElement("tr");
      const [head, cell, track, bar] = ["th", "td", "td", "div"].map((tag) => document.createElement(tag));
      head.scope = "row";
      head.className = "word";
      head.textContent = name;
      cell.textContent = ms === null ? NOT_MEASURED : ms.toFixed(1);
      track.className = "track";
      if (ms !== null) {
        bar.className = "bar";
        const left = Math.min(Math.max(at, 0), shown);
        bar.style.marginLeft = `${(99 * left) / shown}%`;
        bar.style.width = `${(99 * Math.min(Math.max(ms, 0), shown - left)) / shown}%`;
        track.append(bar);
        at += ms;
      }
      row.append(head, cell, track);
      return row;
    }),
  );
  byId("waterfall").hidden = false;
}

/** The box; `headers` gives those that a request needs. */
export function speakBox(headers) {
  let context = null;
  let worklet = null;
  let current = null;
  let listed = false;
  const say = (words) => {
    if (byId("said").textContent !== words) byId("said").textContent = words;
  };

  /** Tell the server what was heard; that it does not listen is no fault here. */
  function tell(what, report) {
    if (report === null) return;
    const body = JSON.stringify(report);
    const asked = { method: "POST", headers: headers({ "Content-Type": "application/json" }), body, keepalive: true };
    fetch(`/performance/${what}`, asked).catch(() => {});
  }

  function tellEnd(mine, outcome) {
    if (mine.told || !mine.played) return; // nothing of it was played
    mine.told = true;
    tell("played", mine.playedReport(outcome));
  }

  function stop(words, outcome = "stopped") {
    if (!current) return;
    tellEnd(current, outcome);
    current.stop();
    current = null;
    byId("stop").disabled = true;
    if (words) say(words);
  }

  async function request(mine) {
    const body = {
      input: byId("text").value,
      speed: Number(byId("speed").value),
      response_format: "pcm",
      stream_format: "sse",
      timestamps: true,
    };
    if (byId("voice").value) body.voice = byId("voice").value;
    if (byId("plan").value) body.plan = byId("plan").value;
    mine.sent = performance.now();
    const answer = await fetch("/v1/audio/speech", {
      method: "POST",
      headers: headers({ "Content-Type": "application/json" }),
      body: JSON.stringify(body),
      signal: mine.controller.signal,
      cache: "no-store",
    }).catch(() => {
      throw new Error("The server cannot be reached."); // or nobody wants to know any more
    });
    mine.headersAt = performance.now();
    mine.stages = serverStages(answer);
    mine.request = answer.headers.get("X-Request-Id");
    mine.plan = answer.headers.get("X-Onset-Plan");
    if (!answer.ok) throw new Error((await answer.json()).error.message);
    return answer;
  }

  function addWords(mine, words) {
    for (const word of words) {
      const span = document.createElement("span");
      span.textContent = word.word;
      byId("words").append(span, " ");
      mine.words.push({ ...word, span });
    }
  }

  function follow(mine) {
    const heard = mine.played / RATE - (mine.latency ?? 0) / 1000;
    while (mine.words.length > MOST_WORDS && mine.words[0].end < heard) {
      const { span } = mine.words.shift();
      span.nextSibling.remove();
      span.remove();
    }
    for (const { span, start, end } of mine.words) {
      span.classList.toggle("now", start <= heard && heard < end && !mine.finished);
    }
  }

  async function watch(mine) {
    const unknown = () => !mine.shown && mine.finder.sample !== null;
    while (current === mine && (!mine.finished || unknown())) {
      const heard = mine.shown ? null : mine.heardAt();
      if (heard !== null) {
        mine.shown = true;
        showWaterfall(mine, heard);
        tell("heard", mine.heardReport(heard));
      }
      if (mine.speaking || mine.shown) say("Speaking.");
      follow(mine);
      await sleep(20);
    }
    if (current !== mine) return;
    follow(mine);
    tellEnd(mine, "complete");
    const lost = ((1000 * mine.concealed) / RATE).toFixed(0);
    const stalls = `${mine.stalls} stall${mine.stalls === 1 ? "" : "s"}, ${lost} ms of silence for them`;
    current = null;
    byId("stop").disabled = true;
    mine.node.disconnect();
    say(`Spoken: ${(mine.played / RATE).toFixed(1)} s, plan ${mine.plan}, ${stalls}.`);
  }

  async function play(mine, answer) {
    for await (const event of events(answer)) {
      if (event.type === "speech.audio.words") addWords(mine, event.words);
      if (event.type === "speech.audio.delta") mine.feed(decoded(event.audio));
      if (event.type === "error") throw new Error(event.error.message);
      while (mine.fed - mine.played > AHEAD && current === mine) await sleep(50);
    }
    mine.node.port.postMessage({ ended: true });
  }

  async function speak() {
    const clicked = performance.now();
    stop();
    if (!globalThis.AudioWorkletNode) {
      say("This browser plays only on localhost or over HTTPS.");
      return;
    }
    const mine = (current = new Utterance(clicked));
    byId("stop").disabled = false;
    byId("words").replaceChildren();
    byId("waterfall").hidden = true;
    say("Asked.");
    try {
      const asked = request(mine); // first: opening the sound takes a while
      context ??= new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
      worklet ??= context.audioWorklet.addModule("/dashboard/worklet.js").catch((error) => {
        worklet = null; // so that the next click asks for it again
        throw error;
      });
      mine.context = context;
      const [answer] = await Promise.all([asked, worklet, context.resume()]);
      if (current !== mine) return;
      mine.start(new AudioWorkletNode(context, "speech-player", { numberOfInputs: 0, outputChannelCount: [1] }));
      watch(mine);
      await play(mine, answer);
    } catch (error) {
      if (current === mine) stop(`Not spoken: ${error.message}`, "failed");
    }
  }

  byId("speak-form").addEventListener("submit", (event) => {
    event.preventDefault();
    speak();
  });
  addEventListener("pagehide", () => stop());
  byId("voice").addEventListener("change", () => {
    const body = JSON.stringify(byId("voice").value ? { voice: byId("voice").value } : {});
    const asked = { method: "POST", headers: headers({ "Content-Type": "application/json" }), body };
    fetch("/v1/audio/speech/prepare", asked).catch(() => {}); // it would only be sooner
  });
  byId("stop").addEventListener("click", () => {
    stop("Stopped.");
    byId("say").focus();
  });

  return {
    /** Fill the list of voices, once. */
    async listVoices() {
      if (listed) return;
      listed = true;
      try {
        const answer = await fetch("/v1/audio/voices", { headers: headers() });
        if (!answer.ok) throw new Error("not yet");
        for (const { id, lang } of (await answer.json()).voices) byId("voice").add(new Option(`${id} (${lang})`, id));
      } catch {
        listed = false;
      }
    },
  };
}
