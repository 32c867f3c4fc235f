import { act, ReactElement } from "react";
import TestRenderer, { ReactTestInstance, ReactTestRenderer } from "react-test-renderer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import MenuBar from "../src/menu-bar";
import PerformanceView from "../src/performance";
import Queue from "../src/queue";
import SpeakText from "../src/speak-text";
import Voices from "../src/voices";
import { FakeDaemon } from "./fakes/daemon";
import { goldenReport } from "./fakes/golden";
import { raycast, resetRaycast } from "./fakes/raycast-api";
import { FakeServer } from "./fakes/server";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

let daemon: FakeDaemon;
let server: FakeServer;
let view: ReactTestRenderer;

beforeEach(async () => {
  resetRaycast();
  [daemon, server] = await Promise.all([new FakeDaemon().listen(), new FakeServer().listen()]);
  raycast.preferences = { speed: "1", when: "interrupt", socketPath: daemon.path, serverUrl: server.url };
});

afterEach(async () => {
  await act(() => view.unmount());
  await Promise.all([daemon.close(), server.close()]);
});

async function open(element: ReactElement): Promise<void> {
  await act(async () => {
    view = TestRenderer.create(element);
  });
}

/** Wait until something is so, as the view changes; fails after three seconds. */
async function until(condition: () => boolean): Promise<void> {
  const begin = Date.now();
  while (!condition()) {
    expect(Date.now() - begin).toBeLessThan(3000);
    await act(() => new Promise((resolve) => setTimeout(resolve, 10)));
  }
}

/** What the server was told to prepare for, in order. */
const prepared = (): unknown[] =>
  server.asked.filter(({ path }) => path === "POST /v1/audio/speech/prepare").map(({ body }) => JSON.parse(body));

const all = (type: string): ReactTestInstance[] => view.root.findAll((node) => node.type === type);
const titles = (type: string): string[] => all(type).map((node) => node.props.title as string);

function action(title: string, within: ReactTestInstance = view.root): ReactTestInstance {
  const [found] = within.findAll((node) => typeof node.type === "string" && node.props.title === title);
  expect(found, title).toBeDefined();
  return found;
}

async function press(title: string, within?: ReactTestInstance): Promise<void> {
  await act(async () => {
    await (action(title, within).props.onAction as () => Promise<unknown>)();
  });
}

async function submit(title: string, values: object): Promise<void> {
  await act(async () => {
    await (action(title).props.onSubmit as (values: object) => Promise<unknown>)(values);
  });
}

describe("Performance", () => {
  const page = () => all("Detail")[0].props.markdown as string;
  const asked = () => server.count("GET /performance/ttfa");

  it("shows the figures and asks again each second while it is open, not after", async () => {
    await open(<PerformanceView />);
    await until(() => page().includes("First Sound After 162 ms"));
    expect(titles("Label")).toContain("Memory");
    expect(asked()).toBe(1);
    await until(() => asked() === 3);
    await act(() => view.unmount());
    const last = asked();
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(asked()).toBe(last);
  });

  it("runs a benchmark and shows how it gets on", async () => {
    await open(<PerformanceView />);
    await until(() => page() !== "");
    await press("Run Benchmark");
    await until(() => page().includes("Scenario 1 of 3"));
    server.answers["POST /performance/benchmark"] = {
      status: 409,
      body: { error: { message: "Benchmark b1 is running" } },
    };
    await press("Run Benchmark");
    expect(raycast.toasts[1]).toMatchObject({ style: "FAILURE", message: "Benchmark b1 is running" });
    expect(page()).toContain("Scenario 1 of 3");
  });

  it("forgets a benchmark that a new server does not know", async () => {
    await open(<PerformanceView />);
    await until(() => page() !== "");
    await press("Run Benchmark");
    await until(() => page().includes("Scenario 1 of 3"));
    delete server.answers["GET /performance/benchmark/b1"];
    await until(() => !page().includes("Benchmark"));
    expect(page()).toContain("First Sound After 162 ms");
  });

  it("tells the command where no server runs, and recovers by itself", async () => {
    raycast.preferences.serverUrl = "http://127.0.0.1:9";
    await open(<PerformanceView />);
    await until(() => page().includes("```sh\nonset serve\n```"));
    expect(all("CopyToClipboard")[0].props.content).toBe("onset serve");
    raycast.preferences.serverUrl = server.url;
    await until(() => page().includes("First Sound After 162 ms"));
  });

  it("asks for a key where it is missing", async () => {
    server.refuse(401, "The API key is missing or wrong.");
    await open(<PerformanceView />);
    await until(() => page().includes("API Key Missing or Wrong"));
    await press("Open Preferences");
    expect(raycast.preferencesOpened).toBe(1);
  });
});

describe("Voices", () => {
  const item = (id: string) => all("Item").find((node) => node.props.subtitle === id) as ReactTestInstance;

  it("stand in sections by language and are found by name, language and gender", async () => {
    await open(<Voices />);
    await until(() => all("Item").length > 0);
    expect(titles("Section")).toEqual([
      "American English",
      "British English",
      "French",
      "Japanese",
      "Mandarin Chinese",
    ]);
    expect(item("af_heart").props.keywords).toEqual(expect.arrayContaining(["af_heart", "American English", "female"]));
    expect(all("EmptyView")).toHaveLength(0);
  });

  it("are heard at once, in their language", async () => {
    await open(<Voices />);
    await until(() => all("Item").length > 0);
    raycast.preferences.when = "queue";
    await press("Hear a Sentence", item("ff_siwis"));
    expect(daemon.said).toMatchObject([
      { voice: "ff_siwis", policy: "interrupt", text: expect.stringContaining("voix") },
    ]);
  });

  it("are made the default, and the server's again", async () => {
    await open(<Voices />);
    await until(() => all("Item").length > 0);
    await press("Make Default", item("bf_emma"));
    await until(() => JSON.stringify(item("bf_emma").props.accessories).includes("default"));
    expect([...raycast.storage]).toEqual([["voice", "bf_emma"]]);
    await until(() => prepared().length === 1);
    expect(prepared()).toEqual([{ voice: "bf_emma" }]);
    await press("Use the Server's Default", item("bf_emma"));
    expect([...raycast.storage]).toEqual([]);
  });

  it("are mixed, heard and kept as a mix", async () => {
    await open(<Voices />);
    await until(() => all("Item").length > 0);
    const form = action("Mix with Another", item("af_heart")).props.target as ReactElement;
    await act(() => view.unmount());
    await open(form);
    expect(titles("DropdownItem")).not.toContain("af_heart");
    await submit("Hear a Sentence", { share: "67", other: "am_michael" });
    expect(daemon.said[0].voice).toBe("af_heart(67)+am_michael(33)");
    await submit("Make Default", { share: "50", other: "am_michael" });
    expect(raycast.storage.get("voice")).toBe("af_heart(50)+am_michael(50)");
    await act(() => view.unmount());
    await open(<Voices />);
    await until(() => titles("Section")[0] === "Default");
    expect(titles("Item")[0]).toBe("af_heart(50)+am_michael(50)");
  });

  it("tell the command where no server runs", async () => {
    raycast.preferences.serverUrl = "http://127.0.0.1:9";
    await open(<Voices />);
    await until(() => all("EmptyView").length === 1);
    expect(all("EmptyView")[0].props.description).toContain("Type: onset serve");
    raycast.preferences.serverUrl = server.url;
    await press("Try Again");
    await until(() => all("Item").length > 0);
  });
});

describe("Queue", () => {
  it("shows what plays and what waits, whoever asked", async () => {
    daemon.report = goldenReport("report");
    await open(<Queue />);
    await until(() => all("Item").length === 2);
    expect([titles("Section"), titles("Item")]).toEqual([
      ["Playing", "Waiting"],
      ["raycast", "agent"],
    ]);
    await press("Pause or Resume", all("Item")[0]);
    await until(() => titles("Section")[0] === "Paused");
    await press("Stop All", all("Item")[0]);
    await until(() => titles("EmptyView")[0] === "Nothing Is Being Spoken");
  });

  it("follows by itself", async () => {
    await open(<Queue />);
    await until(() => all("EmptyView").length === 1);
    daemon.report = goldenReport("report");
    await until(() => all("Item").length === 2);
  });

  it("tells the command where no daemon runs", async () => {
    raycast.preferences.socketPath = `${daemon.path}.none`;
    await open(<Queue />);
    await until(() => all("EmptyView").length === 1);
    expect(all("EmptyView")[0].props.description).toContain("Type: onset service install");
    expect(all("Item")).toHaveLength(0);
  });
});

describe("Speak Text", () => {
  const VALUES = { text: "Typed words.", voice: "", lang: "", speed: "1.5", when: "queue" };

  it("speaks as the form says", async () => {
    await open(<SpeakText />);
    await until(() => titles("DropdownItem").includes("bf_emma"));
    await submit("Speak", { ...VALUES, voice: "bf_emma", lang: "en-gb" });
    expect(daemon.said).toMatchObject([
      { text: "Typed words.", voice: "bf_emma", lang: "en-gb", speed: 1.5, policy: "queue" },
    ]);
    expect(raycast.pops).toBe(1);
  });

  it("leaves to the voice and the server what is not chosen", async () => {
    await open(<SpeakText />);
    await until(() => titles("DropdownItem").includes("bf_emma"));
    await submit("Speak", VALUES);
    expect(Object.keys(daemon.said[0]).sort()).toEqual(["policy", "speed", "text", "url"]);
  });

  it("has the server prepare for the default voice as it opens, and for the one that is chosen", async () => {
    raycast.storage.set("voice", "zf_xiaobei");
    await open(<SpeakText />);
    await until(() => prepared().length === 1);
    const [voice] = all("Dropdown").filter((node) => node.props.id === "voice");
    await act(() => (voice.props.onChange as (voice: string) => void)("ff_siwis"));
    await until(() => prepared().length === 2);
    expect(prepared()).toEqual([{ voice: "zf_xiaobei" }, { voice: "ff_siwis" }]);
  });

  it("stays open where there is no text, or it could not be spoken", async () => {
    await open(<SpeakText />);
    await until(() => titles("DropdownItem").includes("bf_emma"));
    await submit("Speak", { ...VALUES, text: " " });
    expect(all("TextArea")[0].props.error).toBe("There is no text");
    daemon.refusal = { code: "unavailable", message: "32 utterances are waiting already." };
    await submit("Speak", VALUES);
    expect(raycast.toasts.at(-1)).toMatchObject({ style: "FAILURE", message: "32 utterances are waiting already." });
    expect(raycast.pops).toBe(0);
  });

  it("tells the command where no server runs", async () => {
    raycast.preferences.serverUrl = "http://127.0.0.1:9";
    await open(<SpeakText />);
    await until(() => all("Description").length === 1);
    expect(all("Description")[0].props.text).toContain("Type: onset serve");
    expect(all("SubmitForm")).toHaveLength(0);
  });
});

describe("the menu bar", () => {
  const bar = () => all("MenuBarExtra")[0].props;

  it("shows the state, controls it and is done loading", async () => {
    daemon.report = goldenReport("report");
    await open(<MenuBar />);
    await until(() => bar().isLoading === false);
    expect([bar().icon, bar().title]).toEqual(["SpeakerHigh", "raycast"]);
    expect(titles("MenuItem")).toEqual(expect.arrayContaining(["First sound: 162 ms", "Alert: late-device"]));
    await press("Stop");
    expect([daemon.actions, raycast.huds]).toEqual([["status", "stop"], ["Stopped"]]);
    await press("Performance…");
    expect(raycast.launched.at(-1)).toEqual({ name: "performance", type: "userInitiated" });
  });

  it("never fails: what is missing it says, with the command to copy", async () => {
    raycast.preferences = { ...raycast.preferences, socketPath: "/none", serverUrl: "http://127.0.0.1:9" };
    await open(<MenuBar />);
    await until(() => bar().isLoading === false);
    expect(bar().icon).toBe("Warning");
    await press("onset serve");
    await press("onset service install");
    expect(raycast.copied).toEqual(["onset serve", "onset service install"]);
  });

  it("has no two items of the same title", async () => {
    daemon.report = goldenReport("report");
    await open(<MenuBar />);
    await until(() => bar().isLoading === false);
    expect(new Set(titles("MenuItem")).size).toBe(titles("MenuItem").length);
  });
});
