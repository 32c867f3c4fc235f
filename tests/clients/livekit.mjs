// LiveKit's OpenAI speech plugin for Node, as it is, against the server at argv[2].
import { initializeLogger } from "@livekit/agents";
import { TTS } from "@livekit/agents-plugin-openai";

initializeLogger({ pretty: false, level: "silent" });
const told = {};
for (const model of ["gpt-4o-mini-tts", "tts-1"]) {
  const tts = new TTS({ baseURL: `${process.argv[2]}/v1`, apiKey: "none", voice: "ash", model });
  const begun = performance.now();
  let samples = 0;
  let first = null;
  let loudest = 0;
  for await (const event of tts.synthesize(process.argv[3])) {
    first ??= performance.now() - begun;
    samples += event.frame.samplesPerChannel;
    told.rate = event.frame.sampleRate;
    for (const sample of event.frame.data) loudest = Math.max(loudest, Math.abs(sample));
  }
  told[model] = { samples, first, loudest };
}
console.log(JSON.stringify(told));
process.exit(0);
