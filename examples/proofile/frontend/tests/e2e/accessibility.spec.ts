import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { Page } from "@playwright/test";

import { expect, signedIn, test } from "./support/test";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface Violation {
  id: string;
  nodes: { html: string }[];
}

declare const axe: { run: (options: object) => Promise<{ violations: Violation[] }> };

/** Evaluated, because the Content-Security-Policy refuses a foreign script tag. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(
    async (values) => (await axe.run({ runOnly: { type: "tag", values } })).violations,
    TAGS,
  );
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)}`));
}

test("the login has no axe finding", async ({ page }) => {
  await page.goto("/login");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
  expect(await violations(page)).toEqual([]);
});

test.describe("signed in", () => {
  test.use(signedIn);

  for (const path of ["/", "/dashboard", "/profiles", "/profiles/new", "/performance"]) {
    test(`${path} has no axe finding`, async ({ page }) => {
      await page.goto(path);
      await expect(page.locator(".skeleton")).toHaveCount(0);
      await page.waitForLoadState("networkidle");
      expect(await violations(page)).toEqual([]);
    });
  }

  test("a form with mistakes has no axe finding", async ({ page }) => {
    await page.goto("/profiles/new");
    await page.getByRole("button", { name: "Save profile" }).click();
    await expect(page.getByRole("main").getByRole("alert")).toBeVisible();
    expect(await violations(page)).toEqual([]);
  });

  test("a question before a deletion has no axe finding", async ({ page, profile }) => {
    await page.goto(`/profiles/${profile.id}`);
    await page.getByRole("button", { name: "Delete profile" }).click();
    await expect(page.getByRole("group")).toBeVisible();
    expect(await violations(page)).toEqual([]);
  });
});

test.describe("an address that leads nowhere", () => {
  test.use({ tolerated: /404/ });

  test("has no axe finding", async ({ page }) => {
    await page.goto("/no/such/page");
    expect(await violations(page)).toEqual([]);
  });
});
