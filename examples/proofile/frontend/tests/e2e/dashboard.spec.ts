import { expect, signedIn, test } from "./support/test";

test.use(signedIn);

test.beforeEach(async ({ page }) => {
  await page.goto("/dashboard");
});

test("has one main heading", async ({ page }) => {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Dashboard");
});

test("greets by name", async ({ page, api }) => {
  const { full_name } = (await (await api.get("/api/auth/me")).json()) as { full_name: string };
  await expect(page.getByRole("banner")).toContainText(full_name);
});

test("counts the profiles", async ({ page }) => {
  const tile = page.getByRole("definition").first();
  await expect(tile).toContainText(/\d+/);
  await expect(tile).toContainText("in the directory");
});

test("draws the locations and says them in words", async ({ page }) => {
  const chart = page.getByRole("img", { name: /^Bar chart: .+ \d+ profile/ });
  await expect(chart).toBeVisible();
  await expect(chart.locator("svg.recharts-surface").first()).toBeVisible();
});

test("lists the recent profiles", async ({ page }) => {
  await expect(page.getByRole("list", { name: "Recent profiles" }).getByRole("link")).toHaveCount(5);
});

test("leads to a recent profile", async ({ page }) => {
  await page.getByRole("list", { name: "Recent profiles" }).getByRole("link").nth(4).click();
  await expect(page).toHaveURL(/\/profiles\/\d+$/);
});

test("leads to all profiles", async ({ page }) => {
  await page.getByRole("link", { name: "All profiles" }).click();
  await expect(page).toHaveURL("/profiles");
});
