import { join } from "node:path";

import { defineConfig } from "@playwright/test";

const output = process.env.PLAYWRIGHT_OUTPUT_DIR ?? "test-results";

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: join(output, "artifacts"),
  globalSetup: "./tests/e2e/support/global-setup.ts",
  forbidOnly: true,
  fullyParallel: true,
  retries: 0,
  workers: 2,
  timeout: 20_000,
  expect: { timeout: 7_000 },
  reporter: [
    ["list"],
    ["junit", { outputFile: join(output, "e2e.xml") }],
    ["json", { outputFile: join(output, "e2e.json") }],
  ],
  use: {
    baseURL: process.env.PLAYWRIGHT_BASE_URL ?? "http://localhost:3000",
    screenshot: "only-on-failure",
  },
  projects: [
    {
      name: "chromium",
      use: {
        browserName: "chromium",
        launchOptions: { executablePath: process.env.PLAYWRIGHT_CHROMIUM ?? "/usr/bin/chromium" },
      },
    },
  ],
});
