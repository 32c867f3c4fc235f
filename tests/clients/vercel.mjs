// Vercel's AI SDK, as it is, against the server at argv[2]; tells what it got as JSON.
import { createHash } from "node:crypto";
import { createOpenAI } from "@ai-sdk/openai";
import { experimental_generateSpeech as generateSpeech } from "ai";

const openai = createOpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: "none" });
const text = process.argv[3];
const told = { formats: {} };

for (const outputFormat of ["mp3", "opus", "aac", "flac", "wav", "pcm"]) {
  const { audio } = await generateSpeech({
    model: openai.speech("tts-1"),
    text,
    voice: "ash",
    outputFormat,
  });
  told.formats[outputFormat] = createHash("sha256").update(audio.uint8Array).digest("hex");
}
const begun = performance.now();
await generateSpeech({ model: openai.speech("tts-1"), text, voice: "ash", speed: 1.5 });
told.milliseconds = performance.now() - begun;
try {
  await generateSpeech({ model: openai.speech("tts-1"), text, voice: "nobody", maxRetries: 0 });
} catch (error) {
  told.refusal = [error.statusCode, error.message];
}
console.log(JSON.stringify(told));
