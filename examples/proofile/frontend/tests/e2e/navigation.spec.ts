import { expect, signedIn, test } from "./support/test";

test.describe("signed in", () => {
  test.use(signedIn);

  for (const name of ["Dashboard", "Profiles", "Performance"]) {
    test(`the link ${name} leads to its page and is marked there`, async ({ page }) => {
      await page.goto("/");
      const link = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name });
      await link.click();
      await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
      await expect(link).toHaveAttribute("aria-current", "page");
      await expect(page).toHaveTitle(`${name} · ProoFile`);
    });
  }

  test("the browser's back button works", async ({ page }) => {
    await page.goto("/dashboard");
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Profiles" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Profiles" })).toBeVisible();
    await page.goBack();
    await expect(page.getByRole("heading", { level: 1, name: "Dashboard" })).toBeVisible();
  });

  test("the landing page offers the dashboard", async ({ page }) => {
    await page.goto("/");
    await page.getByRole("link", { name: "Open the dashboard" }).click();
    await expect(page).toHaveURL("/dashboard");
  });
});

test("the landing page offers the login", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Sign in to the directory" }).click();
  await expect(page).toHaveURL("/login");
});

test("the brand leads to the landing page", async ({ page }) => {
  await page.goto("/login");
  await page.getByRole("link", { name: "ProoFile home" }).click();
  await expect(page).toHaveURL("/");
});

test("the footer names the release", async ({ page, api }) => {
  const { version, release } = (await (await api.get("/api/version")).json()) as { version: string; release: string };
  await page.goto("/");
  await expect(page.getByRole("contentinfo")).toContainText(`Version ${version}, release ${release}`);
});

test("there is an icon", async ({ page, request }) => {
  await page.goto("/");
  const href = await page.locator('link[rel="icon"]').first().getAttribute("href");
  expect((await request.get(href ?? "")).status()).toBe(200);
});

test.describe("an address that leads nowhere", () => {
  test.use({ tolerated: /404/ });

  test("says so with the right status", async ({ page }) => {
    const response = await page.goto("/no/such/page");
    expect(response?.status()).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Page not found");
  });

  test("offers a way out", async ({ page }) => {
    await page.goto("/not-found");
    await page.getByRole("link", { name: "Back to the start" }).click();
    await expect(page).toHaveURL("/");
  });
});
