// OpenAI's JavaScript client, as it is, against the server at argv[2]; tells what it got as JSON.
import { createHash } from "node:crypto";
import OpenAI from "openai";

const client = new OpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: "none" });
const input = process.argv[3];
const sha = (data) => createHash("sha256").update(data).digest("hex");
const told = { formats: {} };

for (const response_format of ["mp3", "opus", "aac", "flac", "wav", "pcm"]) {
  const answer = await client.audio.speech.create({
    model: "gpt-4o-mini-tts",
    voice: "ash",
    input,
    response_format,
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  told.formats[response_format] = [answer.headers.get("content-type"), sha(bytes)];
}

const streamed = await client.audio.speech.create({
  model: "tts-1",
  voice: "ash",
  input,
  response_format: "pcm",
});
const parts = [];
for await (const part of streamed.body) parts.push(Buffer.from(part));
told.streamed = [parts.length, sha(Buffer.concat(parts))];

const sse = await client.audio.speech.create({
  model: "gpt-4o-mini-tts",
  voice: "ash",
  input,
  response_format: "pcm",
  stream_format: "sse",
});
const events = (await sse.text())
  .split("\n\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line.replace(/^data: /, "")));
const deltas = events.filter((event) => event.type === "speech.audio.delta");
told.sse = [
  events.at(-1),
  sha(Buffer.concat(deltas.map((event) => Buffer.from(event.audio, "base64")))),
];

told.models = [];
for await (const model of client.models.list()) told.models.push(model.id);

try {
  await client.audio.speech.create({ model: "tts-1", voice: "nobody", input });
} catch (error) {
  told.refusal = [error.constructor.name, error.status, error.param, Boolean(error.requestID)];
}
console.log(JSON.stringify(told));
