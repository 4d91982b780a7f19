import type { Page } from "@playwright/test";

import { EMAIL, password } from "./support/env";
import { expect, signedIn, test } from "./support/test";

const FOCUSABLE = "a[href], button:enabled, input:enabled, textarea:enabled, select:enabled, [tabindex='0']";

/** What has the focus: its place among all that can have it, -1 when it is the document. */
const focusIndex = (page: Page): Promise<number> =>
  page.evaluate((selector) => [...document.querySelectorAll(selector)].indexOf(document.activeElement as Element), FOCUSABLE);

test("the first Tab offers to skip to the content", async ({ page }) => {
  await page.goto("/login");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});

test("one can sign in with the keyboard alone", async ({ page }) => {
  await page.goto("/login");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
  await page.getByLabel("Email").focus();
  await page.keyboard.type(EMAIL);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password());
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/dashboard");
});

test.describe("signed in", () => {
  test.use(signedIn);

  for (const path of ["/dashboard", "/profiles", "/profiles/new", "/performance"]) {
    test(`Tab reaches everything on ${path} and is trapped nowhere`, async ({ page }) => {
      await page.goto(path);
      await expect(page.locator(".skeleton")).toHaveCount(0);
      await page.waitForLoadState("networkidle");
      const count = await page.locator(FOCUSABLE).count();
      const reached = new Set<number>();
      for (let press = 0; press < count + 2; press += 1) {
        await page.keyboard.press("Tab");
        reached.add(await focusIndex(page));
      }
      expect([...reached].filter((index) => index >= 0)).toHaveLength(count);
    });
  }

  test("the focus can be seen", async ({ page }) => {
    await page.goto("/profiles");
    await expect(page.getByRole("list", { name: "Profiles" })).toBeVisible();
    await page.getByLabel("Search profiles").focus();
    await page.keyboard.press("Tab");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
    expect(outline).toBe("solid");
  });

  test("a profile opens with Enter", async ({ page }) => {
    await page.goto("/profiles");
    await page.getByRole("list", { name: "Profiles" }).getByRole("link").first().focus();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/profiles\/\d+$/);
  });
});
