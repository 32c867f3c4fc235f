import { fileURLToPath } from "node:url";

import { defineConfig } from "vitest/config";

/** `@raycast/api` exists at run time only inside Raycast: tests get a fake of what is used of it. */
export default defineConfig({
  resolve: { alias: { "@raycast/api": fileURLToPath(new URL("tests/fakes/raycast-api.tsx", import.meta.url)) } },
  esbuild: { jsx: "automatic" },
  test: {
    include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
    onConsoleLog: (text) => !text.includes("react-test-renderer is deprecated"),
  },
});
