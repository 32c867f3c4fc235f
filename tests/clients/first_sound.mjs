// Clients in JavaScript, as they are, timed: each line on standard input names one and a text, each
// line on standard output tells after how many milliseconds it is heard. argv[2]: the server.
import { createInterface } from "node:readline";

const url = `${process.argv[2]}/v1`;
const LOUD = 60; // of 32768, as in tests/timed_clients.py
const installed = (name) => import(name).catch(() => null);

/** When speech is heard, from [milliseconds, Int16Array] as they came. */
function heard(pieces, rate) {
  let before = 0;
  for (const [at, samples] of pieces) {
    const loud = samples.findIndex((sample) => Math.abs(sample) > LOUD);
    if (loud >= 0) return Math.max(at, pieces[0][0] + (1e3 * (before + loud)) / rate);
    before += samples.length;
  }
  throw new Error("nothing was heard");
}

const clients = {};

const openai = await installed("openai");
if (openai !== null) {
  const client = new openai.default({ baseURL: url, apiKey: "none" });
  clients.openai = async (input) => {
    const pieces = [];
    let odd = Buffer.alloc(0);
    const begun = performance.now();
    const answer = await client.audio.speech.create({
      model: "tts-1",
      voice: "af_heart",
      input,
      response_format: "pcm",
    });
    for await (const part of answer.body) {
      const bytes = Buffer.concat([odd, Buffer.from(part)]);
      const whole = new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % 2)));
      odd = bytes.subarray(whole.length);
      pieces.push([performance.now() - begun, new Int16Array(whole.buffer)]);
    }
    return heard(pieces, 24_000);
  };
}

const ai = await installed("ai");
const provider = await installed("@ai-sdk/openai");
if (ai !== null && provider !== null) {
  const model = provider.createOpenAI({ baseURL: url, apiKey: "none" }).speech("tts-1");
  clients.vercel = async (text) => {
    const begun = performance.now();
    await ai.experimental_generateSpeech({ model, text, voice: "af_heart" });
    return performance.now() - begun;
  };
}

const livekit = await installed("@livekit/agents");
const plugin = await installed("@livekit/agents-plugin-openai");
if (livekit !== null && plugin !== null) {
  livekit.initializeLogger({ pretty: false, level: "silent" });
  const tts = new plugin.TTS({ baseURL: url, apiKey: "none", voice: "af_heart" });
  clients.livekit = async (text) => {
    const pieces = [];
    const begun = performance.now();
    for await (const { frame } of tts.synthesize(text)) {
      pieces.push([performance.now() - begun, frame.data]);
    }
    return heard(pieces, 24_000);
  };
}

console.log(JSON.stringify(Object.keys(clients)));
for await (const line of createInterface({ input: process.stdin })) {
  const { client, text } = JSON.parse(line);
  console.log(JSON.stringify(await clients[client](text)));
}
process.exit(0);
