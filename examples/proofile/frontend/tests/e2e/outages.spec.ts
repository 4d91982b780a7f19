import type { Page } from "@playwright/test";

import { API_URL } from "./support/env";
import { expect, signedIn, test } from "./support/test";

test.use({ tolerated: /ERR_CONNECTION_REFUSED|500/ });

const banner = (page: Page) => page.getByRole("alert").filter({ hasText: "The service is temporarily unavailable" });

const cutOff = (page: Page) => page.route(`${API_URL}/**`, (route) => route.abort("connectionrefused"));

test("the login says that the API is away", async ({ page }) => {
  await cutOff(page);
  await page.goto("/login");
  await expect(banner(page)).toBeVisible();
});

test.describe("signed in", () => {
  test.use(signedIn);

  for (const path of ["/dashboard", "/profiles", "/performance"]) {
    test(`${path} says that the API is away`, async ({ page }) => {
      await cutOff(page);
      await page.goto(path);
      await expect(banner(page)).toBeVisible();
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    });
  }

  test("another try helps when the API is back", async ({ page }) => {
    await cutOff(page);
    await page.goto("/dashboard");
    await expect(banner(page)).toBeVisible();
    await page.unroute(`${API_URL}/**`);
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByRole("list", { name: "Recent profiles" })).toBeVisible();
    await expect(banner(page)).toHaveCount(0);
  });

  test("a form keeps what was typed when saving fails", async ({ page }) => {
    await page.goto("/profiles/new");
    await page.getByLabel("Full name").fill("Typed with care");
    await page.getByLabel("Headline").fill("And not lost");
    await cutOff(page);
    await page.getByRole("button", { name: "Save profile" }).click();
    await expect(page.getByRole("main").getByRole("alert")).toContainText("Not saved");
    await expect(page.getByLabel("Full name")).toHaveValue("Typed with care");
  });

  test("a fault of the API is told apart from an outage", async ({ page, baseURL }) => {
    const headers = { "Access-Control-Allow-Origin": new URL(baseURL ?? "").origin, "Access-Control-Allow-Credentials": "true" };
    await page.route(`${API_URL}/api/dashboard/summary`, (route) =>
      route.fulfill({ status: 500, json: { detail: "Internal server error" }, headers }),
    );
    await page.goto("/dashboard");
    await expect(page.getByRole("main").getByRole("alert")).toContainText("The figures could not be loaded");
    await expect(banner(page)).toHaveCount(0);
  });
});
