import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  test: {
    environment: "happy-dom",
    include: ["tests/unit/**/*.test.{ts,tsx}"],
    reporters: ["default", ["junit", { outputFile: "test-results/unit.xml" }]],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
