import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import manifest from "../package.json";
import { SPEECH_SPEEDS } from "../src/speak-text";
import { goldenConstants } from "./fakes/golden";

const ROOT = join(__dirname, "..");
const text = (name: string) => readFileSync(join(ROOT, name), "utf8");

const SOURCES = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((name) =>
  /\.tsx?$/.test(name),
);

describe("commands", () => {
  const names = manifest.commands.map((command) => command.name);

  it("are the files at the top of src, and nothing else is there", () => {
    const shared = ["errors", "preferences"];
    const files = SOURCES.filter((name) => !name.includes("/")).map((name) => name.replace(/\.tsx?$/, ""));
    expect(files.filter((name) => !shared.includes(name)).sort()).toEqual([...names].sort());
  });

  it.each(manifest.commands)("$name is whole", ({ name, title, description, mode, ...more }) => {
    const suffix = mode === "no-view" ? "ts" : "tsx";
    expect(text(`src/${name}.${suffix}`)).toMatch(/export default (async )?function/);
    expect(title).toMatch(/^[A-Z]/);
    expect(description).toMatch(/\.$/);
    expect("interval" in more ? more.interval : undefined).toBe(mode === "menu-bar" ? "1m" : undefined);
  });

  it("have names and titles of their own", () => {
    expect(new Set(names).size).toBe(13);
    expect(new Set(manifest.commands.map((command) => command.title)).size).toBe(13);
  });
});

describe("preferences", () => {
  const preference = (name: string) => manifest.preferences.find((candidate) => candidate.name === name);
  const values = (name: string) => preference(name)?.data?.map((choice) => choice.value) ?? [];

  it("are those that the code reads", () => {
    const [, body] = /interface PreferenceValues \{([^}]+)\}/.exec(text("src/preferences.ts")) ?? [];
    const read = [...body.matchAll(/(\w+)\??:/g)].map((match) => match[1]);
    expect(manifest.preferences.map(({ name }) => name).sort()).toEqual(read.sort());
  });

  it("have the server's own address and speeds", () => {
    const { server, speech_speeds: limits } = goldenConstants();
    expect(preference("serverUrl")?.default).toBe(server);
    expect(values("speed")).toEqual(SPEECH_SPEEDS);
    expect([Math.min(...values("speed").map(Number)), Math.max(...values("speed").map(Number))]).toEqual(limits);
    expect(values("speed")).toContain(preference("speed")?.default);
    expect(values("when").sort()).toEqual(["interrupt", "queue"]);
  });

  it("hide the key", () => {
    expect(preference("apiKey")?.type).toBe("password");
  });
});

describe("what the store wants", () => {
  it("an icon of 512 times 512 pixels, as a PNG", () => {
    const icon = readFileSync(join(ROOT, "assets", manifest.icon));
    expect(icon.subarray(1, 4).toString()).toBe("PNG");
    expect([icon.readUInt32BE(16), icon.readUInt32BE(20)]).toEqual([512, 512]);
  });

  it("the MIT licence, a README, and a CHANGELOG that it dates itself", () => {
    expect(manifest.license).toBe("MIT");
    expect(text("LICENSE")).toMatch(/^MIT License/);
    expect(text("README.md")).toMatch(/^# Onset/);
    expect(text("CHANGELOG.md")).toContain("## [Initial Version] - {PR_MERGE_DATE}");
  });

  it("a lock file, which names no host that packages come from", () => {
    expect(existsSync(join(ROOT, "package-lock.json"))).toBe(true);
    expect(text("package-lock.json")).not.toContain('"resolved"');
  });
});

describe("thinness", () => {
  it("one dependency, and every version exact", () => {
    expect(Object.keys(manifest.dependencies)).toEqual(["@raycast/api"]);
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it.each(SOURCES)("%s writes no file, no log and no cache, and starts no program", (name) => {
    const source = text(join("src", name));
    expect(source).not.toMatch(/node:(fs|child_process)|console\.|\bCache\b|useCached|@raycast\/utils/);
    expect(source.includes("LocalStorage")).toBe(name === "preferences.ts");
  });
});
