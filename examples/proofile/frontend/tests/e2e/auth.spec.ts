import type { Page } from "@playwright/test";

import { API_URL, EMAIL, password } from "./support/env";
import { expect, test } from "./support/test";

async function fillLogin(page: Page, email: string, secret: string): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
}

const loginProblem = (page: Page) => page.getByRole("main").getByRole("alert");

test.describe("signing in", () => {
  test("leads to the dashboard", async ({ page }) => {
    await page.goto("/login");
    await fillLogin(page, EMAIL, password());
    await expect(page).toHaveURL("/dashboard");
    await expect(page.getByRole("heading", { level: 1, name: "Dashboard" })).toBeVisible();
  });

  test("leads back to the page that was asked for", async ({ page }) => {
    await page.goto("/profiles");
    await fillLogin(page, EMAIL, password());
    await expect(page).toHaveURL("/profiles");
    await expect(page.getByRole("heading", { level: 1, name: "Profiles" })).toBeVisible();
  });

  test("never leads to another site", async ({ page }) => {
    await page.goto("/login?next=https://example.org/");
    await fillLogin(page, EMAIL, password());
    await expect(page).toHaveURL("/dashboard");
  });

  test("sends nothing while the form is empty", async ({ page }) => {
    await page.goto("/login");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL("/login");
    expect(await page.getByLabel("Email").evaluate((input: HTMLInputElement) => input.validity.valueMissing)).toBe(true);
  });
});

test.describe("a refused login", () => {
  test.use({ tolerated: /401|429|503/ });

  test("says so", async ({ page }) => {
    await page.goto("/login");
    await fillLogin(page, "e2e-nobody@proofile.dev", "wrong-password");
    await expect(loginProblem(page)).toContainText(/wrong|invalid|incorrect/i);
    await expect(page).toHaveURL("/login");
  });

  test("keeps the email that was typed", async ({ page }) => {
    await page.goto("/login");
    await fillLogin(page, "e2e-nobody@proofile.dev", "wrong-password");
    await expect(loginProblem(page)).toBeVisible();
    await expect(page.getByLabel("Email")).toHaveValue("e2e-nobody@proofile.dev");
  });

  test("asks for patience after too many attempts", async ({ page }) => {
    await page.route(`${API_URL}/api/auth/login`, (route) =>
      route.fulfill({ status: 429, json: { detail: "Too many attempts, try again in 30 s" }, headers: corsHeaders(page) }),
    );
    await page.goto("/login");
    await fillLogin(page, EMAIL, "whatever");
    await expect(loginProblem(page)).toContainText("Too many attempts");
  });

  test("does not blame the password when the database is away", async ({ page }) => {
    await page.route(`${API_URL}/api/auth/login`, (route) =>
      route.fulfill({ status: 503, json: { detail: "The database is not available" }, headers: corsHeaders(page) }),
    );
    await page.goto("/login");
    await fillLogin(page, EMAIL, "whatever");
    await expect(page.getByRole("alert").filter({ hasText: "The service is temporarily unavailable" })).toBeVisible();
    await expect(loginProblem(page)).not.toContainText(/wrong/i);
  });
});

function corsHeaders(page: Page): Record<string, string> {
  return { "Access-Control-Allow-Origin": new URL(page.url()).origin, "Access-Control-Allow-Credentials": "true" };
}

test.describe("without a session", () => {
  for (const path of ["/dashboard", "/profiles", "/profiles/new", "/profiles/1"]) {
    test(`${path} leads to the login`, async ({ page }) => {
      await page.goto(path);
      await expect(page).toHaveURL(`/login?next=${encodeURIComponent(path)}`);
      await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
    });
  }

  test("the API is not asked who is there", async ({ page }) => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto("/");
    await expect(page.getByRole("contentinfo")).toContainText("release");
    expect(asked.filter((url) => url.endsWith("/api/auth/me"))).toEqual([]);
  });
});

test.describe("the end of a session", () => {
  test.use({ tolerated: /401/ });

  test("comes with signing out", async ({ page, context }) => {
    await page.goto("/login");
    await fillLogin(page, EMAIL, password());
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL("/");
    await expect(page.getByRole("banner").getByRole("link", { name: "Sign in" })).toBeVisible();
    expect((await context.cookies()).filter((cookie) => cookie.name === "session")).toEqual([]);
    await page.goto("/dashboard");
    await expect(page).toHaveURL(/\/login/);
  });

  test("is noticed when it has expired", async ({ page, context }) => {
    const url = new URL(API_URL).origin;
    await context.addCookies([
      { name: "session", value: "expired", url },
      { name: "csrf_token", value: "expired", url },
    ]);
    await page.goto("/dashboard");
    await expect(page).toHaveURL(/\/login/);
  });
});
