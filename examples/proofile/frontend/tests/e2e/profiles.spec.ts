import { uniqueName } from "./support/api-client";
import { PREFIX } from "./support/env";
import { expect, signedIn, test } from "./support/test";

test.use(signedIn);

test.describe("the list", () => {
  test("shows ten profiles a page", async ({ page }) => {
    await page.goto("/profiles");
    await expect(page.getByRole("list", { name: "Profiles" }).getByRole("link")).toHaveCount(10);
  });

  test("turns its pages", async ({ page }) => {
    await page.goto("/profiles");
    const pager = page.getByRole("navigation", { name: "Pages" });
    await expect(pager.getByRole("link", { name: "Previous" })).toHaveCount(0);
    await pager.getByRole("link", { name: "Next" }).click();
    await expect(page).toHaveURL("/profiles?page=2");
    await expect(pager).toContainText("Page 2 of");
    await pager.getByRole("link", { name: "Previous" }).click();
    await expect(page).toHaveURL("/profiles");
  });

  test("opens at the page that the address names", async ({ page, api }) => {
    const { items } = await api.search("", 2);
    await page.goto("/profiles?page=2");
    await expect(page.getByRole("list", { name: "Profiles" })).toContainText(items[4]?.headline ?? "");
  });

  test("leads to the form of a new profile", async ({ page }) => {
    await page.goto("/profiles");
    await page.getByRole("link", { name: "New profile" }).click();
    await expect(page).toHaveURL("/profiles/new");
    await expect(page.getByRole("heading", { level: 1, name: "New profile" })).toBeVisible();
  });
});

test.describe("the search", () => {
  test("finds a profile by its name", async ({ page, profile }) => {
    await page.goto("/profiles");
    await page.getByLabel("Search profiles").fill(profile.full_name);
    await expect(page.getByRole("list", { name: "Profiles" }).getByRole("link")).toHaveCount(1);
    await expect(page.getByRole("link", { name: profile.full_name })).toBeVisible();
  });

  test("can be shared by its address", async ({ page, profile }) => {
    await page.goto(`/profiles?q=${profile.full_name}`);
    await expect(page.getByLabel("Search profiles")).toHaveValue(profile.full_name);
    await expect(page.getByRole("status").filter({ hasText: "1 profile found" })).toBeVisible();
  });

  test("says when there is nothing", async ({ page }) => {
    await page.goto("/profiles");
    await page.getByLabel("Search profiles").fill("no such person anywhere");
    await expect(page.getByRole("status").filter({ hasText: "0 profiles found" })).toBeVisible();
  });

  test("begins at the first page again", async ({ page }) => {
    await page.goto("/profiles?page=2");
    await page.getByLabel("Search profiles").fill("engineer");
    await expect(page).toHaveURL("/profiles?q=engineer");
  });

  test("takes markup for text", async ({ page }) => {
    await page.goto("/profiles");
    await page.getByLabel("Search profiles").fill("<img src=x onerror=alert(1)>");
    await expect(page.getByRole("status").filter({ hasText: "0 profiles found" })).toBeVisible();
  });
});

test.describe("the form", () => {
  test("makes a profile", async ({ page, api }) => {
    const name = uniqueName();
    await page.goto("/profiles/new");
    await page.getByLabel("Full name").fill(name);
    await page.getByLabel("Headline").fill("Bridge builder");
    await page.getByLabel("Location").fill("Testville");
    await page.getByLabel("Bio").fill("One line\nand another");
    await page.getByRole("button", { name: "Save profile" }).click();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    const { items } = await api.search(name);
    expect(items).toMatchObject([{ headline: "Bridge builder", location: "Testville", bio: "One line\nand another" }]);
    await api.deleteProfile(items[0]?.id ?? 0);
  });

  test("names what is missing", async ({ page }) => {
    await page.goto("/profiles/new");
    await page.getByRole("button", { name: "Save profile" }).click();
    await expect(page.getByRole("main").getByRole("alert")).toContainText("marked fields");
    await expect(page.getByLabel("Full name")).toHaveAccessibleDescription("Full name is required.");
    await expect(page).toHaveURL("/profiles/new");
  });

  test("can be left without a trace", async ({ page }) => {
    await page.goto("/profiles/new");
    await page.getByRole("link", { name: "Cancel" }).click();
    await expect(page).toHaveURL("/profiles");
  });
});

test.describe("a profile", () => {
  test("shows what it says", async ({ page, profile }) => {
    await page.goto(`/profiles/${profile.id}`);
    await expect(page.getByRole("heading", { level: 1, name: profile.full_name })).toBeVisible();
    await expect(page.getByRole("main")).toContainText(profile.headline);
    await expect(page.getByRole("main")).toContainText(profile.bio);
  });

  test("can be edited", async ({ page, api, profile }) => {
    await page.goto(`/profiles/${profile.id}`);
    await page.getByRole("button", { name: "Edit profile" }).click();
    await expect(page.getByLabel("Headline")).toHaveValue(profile.headline);
    await page.getByLabel("Headline").fill("Changed by a test");
    await page.getByRole("button", { name: "Save profile" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Profile saved." })).toBeVisible();
    expect(await (await api.get(`/api/profiles/${profile.id}`)).json()).toMatchObject({ headline: "Changed by a test" });
  });

  test("stays as it was when the edit is cancelled", async ({ page, profile }) => {
    await page.goto(`/profiles/${profile.id}`);
    await page.getByRole("button", { name: "Edit profile" }).click();
    await page.getByLabel("Headline").fill("Never saved");
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByRole("main")).toContainText(profile.headline);
  });

  test("is deleted only after a confirmation", async ({ page, api, profile }) => {
    await page.goto(`/profiles/${profile.id}`);
    await page.getByRole("button", { name: "Delete profile" }).click();
    await expect(page.getByRole("group", { name: `Delete the profile of ${profile.full_name}` })).toBeVisible();
    expect((await api.get(`/api/profiles/${profile.id}`)).status()).toBe(200);
    await page.getByRole("button", { name: "Confirm delete" }).click();
    await expect(page).toHaveURL("/profiles");
    expect((await api.get(`/api/profiles/${profile.id}`)).status()).toBe(404);
  });

  test("survives a change of mind", async ({ page, api, profile }) => {
    await page.goto(`/profiles/${profile.id}`);
    await page.getByRole("button", { name: "Delete profile" }).click();
    await expect(page.getByRole("button", { name: "Cancel" })).toBeFocused();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByRole("button", { name: "Delete profile" })).toBeVisible();
    expect((await api.get(`/api/profiles/${profile.id}`)).status()).toBe(200);
  });

  test("shows markup as text", async ({ page, api }) => {
    const profile = await api.createProfile({ headline: "<b>bold</b> & “quoted”", bio: "<script>alert(1)</script>" });
    await page.goto(`/profiles/${profile.id}`);
    await expect(page.getByRole("main")).toContainText("<b>bold</b> & “quoted”");
    await expect(page.getByRole("main")).toContainText("<script>alert(1)</script>");
    await api.deleteProfile(profile.id);
  });

  test("with a long unbroken name stays within the page", async ({ page, api }) => {
    const profile = await api.createProfile({ full_name: `${PREFIX}${"x".repeat(110)}` });
    await page.setViewportSize({ width: 375, height: 812 });
    await page.goto(`/profiles/${profile.id}`);
    await expect(page.getByRole("heading", { level: 1, name: profile.full_name })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    await api.deleteProfile(profile.id);
  });
});

test.describe("a profile that is not there", () => {
  test.use({ tolerated: /404/ });

  for (const id of ["2147483647", "abc", "0"]) {
    test(`is not found under the id ${id}`, async ({ page }) => {
      await page.goto(`/profiles/${id}`);
      await expect(page.getByRole("heading", { level: 1, name: "Page not found" })).toBeVisible();
    });
  }
});
