import { API_URL } from "./support/env";
import { expect, test } from "./support/test";

test.describe("the performance page", () => {
  test("can be read without a session", async ({ page }) => {
    await page.goto("/performance");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Performance");
  });

  for (const name of ["TTFB", "FCP"]) {
    test(`measures ${name} of this visit`, async ({ page }) => {
      await page.goto("/performance");
      const live = page.getByRole("region", { name: "This visit" });
      await expect(live.getByRole("definition").nth(name === "TTFB" ? 0 : 1)).toContainText(/\d+(\.\d+)? m?s/);
    });
  }

  test("names the targets", async ({ page }) => {
    await page.goto("/performance");
    const live = page.getByRole("region", { name: "This visit" });
    for (const target of ["< 0.8 s", "< 1.5 s", "< 2.5 s", "< 0.1"]) await expect(live).toContainText(target);
  });

  test("sums up all visits in a table and a chart", async ({ page, api }) => {
    await api.context.post("/api/vitals", { data: { name: "LCP", value: 400, page: "/" } });
    await page.goto("/performance");
    await expect(page.getByRole("table", { name: "Medians by page" }).getByRole("row").nth(1)).toBeVisible();
    await expect(page.getByRole("img", { name: /^Bar chart of the medians/ })).toBeVisible();
  });

  test("shows how well the cache works", async ({ page }) => {
    await page.goto("/performance");
    await expect(page.getByRole("region", { name: "Cache" })).toContainText(/hits?, .* miss/);
  });
});

test("every page tells the browser's measurements to the API", async ({ page }) => {
  const reported = page.waitForRequest((request) => request.url() === `${API_URL}/api/vitals`);
  await page.goto("/login");
  expect((await reported).postDataJSON()).toMatchObject({ name: expect.any(String), page: "/login" });
});

test.describe("while the cache is away", () => {
  test.use({ tolerated: /503/ });

  test("the page says so and raises no alarm", async ({ page, baseURL }) => {
    const headers = { "Access-Control-Allow-Origin": new URL(baseURL ?? "").origin, "Access-Control-Allow-Credentials": "true" };
    await page.route(`${API_URL}/api/metrics/cache`, (route) => route.fulfill({ status: 503, json: { detail: "away" }, headers }));
    await page.goto("/performance");
    await expect(page.getByRole("region", { name: "Cache" })).toContainText("The cache does not answer");
    await expect(page.getByRole("alert").filter({ hasText: "temporarily unavailable" })).toHaveCount(0);
  });
});
