import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ServerMissing, ServerRefusal, ServerSilent } from "../src/errors";
import { LANGUAGES, byLanguage, mix, sampleSentence } from "../src/server/languages";
import { ServerClient, serverBase } from "../src/server/server-client";
import { goldenConstants, goldenVoices } from "./fakes/golden";
import { FakeServer } from "./fakes/server";

let server: FakeServer;

beforeEach(async () => {
  server = await new FakeServer().listen();
});

afterEach(async () => {
  await server.close();
});

describe("asking the server", () => {
  it("gives voices and figures as they are", async () => {
    const client = new ServerClient(`${server.url}/v1/`, "secret");
    expect(await client.voices()).toEqual(goldenVoices().voices);
    expect((await client.performance()).ttfa.p50_ms).toBe(171.8);
    expect(server.asked[0].key).toBe("Bearer secret");
  });

  it("sends no key where there is none", async () => {
    await new ServerClient(server.url).voices();
    expect(server.asked[0].key).toBeUndefined();
  });

  it("starts a benchmark and looks at it", async () => {
    const client = new ServerClient(server.url);
    const { id } = await client.startBenchmark();
    expect(JSON.parse(server.asked[0].body)).toEqual({ scenario: "quick" });
    expect((await client.benchmark(id)).progress?.scenarios).toBe(3);
  });

  it("says what it will ask for, and never fails at that", async () => {
    const client = new ServerClient(server.url, "secret");
    await client.prepare("zf_xiaobei");
    await client.prepare();
    expect(server.asked.map(({ body }) => JSON.parse(body))).toEqual([{ voice: "zf_xiaobei" }, {}]);
    expect(server.asked[0]).toMatchObject({ path: "POST /v1/audio/speech/prepare", key: "Bearer secret" });
    server.refuse(429, "8 preparations wait already.");
    await client.prepare("bf_emma");
    await new ServerClient("http://127.0.0.1:9").prepare("bf_emma");
  });

  it("tells where there is none", async () => {
    await expect(new ServerClient("http://127.0.0.1:9").voices()).rejects.toThrow(ServerMissing);
    await expect(new ServerClient("no address").voices()).rejects.toThrow(ServerMissing);
  });

  it("passes on what it refuses, and of a proxy its status", async () => {
    server.refuse(401, "The API key is missing or wrong.");
    await expect(new ServerClient(server.url).voices()).rejects.toThrow(
      new ServerRefusal(401, "The API key is missing or wrong."),
    );
    server.answers["GET /v1/audio/voices"] = { status: 502, body: "<html>Bad gateway" };
    await expect(new ServerClient(server.url).voices()).rejects.toThrow("502");
  });

  it("tells that something else answers there", async () => {
    server.answers["GET /v1/audio/voices"] = { status: 200, body: "<html>Router" };
    await expect(new ServerClient(server.url).voices()).rejects.toThrow(ServerSilent);
  });

  it("leaves a silent one, at once when the view closes", async () => {
    server.silent = true;
    const closed = new AbortController();
    const asking = new ServerClient(server.url).performance(closed.signal);
    setTimeout(() => closed.abort(), 20);
    await expect(asking).rejects.toMatchObject({ name: "AbortError" });
    await expect(new ServerClient(server.url).performance()).rejects.toThrow(ServerSilent);
  }, 10_000);
});

describe("addresses", () => {
  it.each([
    ["http://127.0.0.1:8880", "http://127.0.0.1:8880"],
    [" http://127.0.0.1:8880/ ", "http://127.0.0.1:8880"],
    ["http://host/v1", "http://host"],
    ["http://host/onset/v1//", "http://host/onset"],
  ])("%s", (url, base) => expect(serverBase(url)).toBe(base));
});

describe("voices", () => {
  it("stand by language, none lost", () => {
    const { voices } = goldenVoices();
    const groups = byLanguage([
      ...voices,
      { ...voices[0], id: "xx", lang: "xx" },
      { ...voices[0], id: "n", lang: null },
    ]);
    expect(groups[0][0]).toBe("American English");
    expect(groups.slice(-2).map(([name]) => name)).toEqual(["xx", "Other"]);
    expect(groups.flatMap(([, group]) => group)).toHaveLength(voices.length + 2);
  });

  it("have a sentence to be heard by, in each language of the server", () => {
    expect(Object.keys(LANGUAGES).sort()).toEqual(goldenConstants().languages.sort());
    expect(sampleSentence("fr")).not.toBe(sampleSentence("en-us"));
    expect(sampleSentence(null)).toBe(sampleSentence("en-us"));
    expect(sampleSentence("xx")).toBe(sampleSentence("en-us"));
  });

  it("are mixed as the server reads it", () => {
    const parts = [
      { voice: "af_heart", weight: 67 },
      { voice: "am_michael", weight: 33 },
    ];
    expect(mix(parts)).toBe("af_heart(67)+am_michael(33)");
  });
});
