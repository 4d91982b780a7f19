import { request } from "@playwright/test";

import { API_URL } from "./support/env";
import { apiTest as test, expect } from "./support/test";

const anonymous = () => request.newContext({ baseURL: API_URL });

test.describe("the API without a session", () => {
  test("is healthy", async () => {
    expect((await (await anonymous()).get("/health")).status()).toBe(200);
  });

  test("names its release", async () => {
    const version: unknown = await (await (await anonymous()).get("/api/version")).json();
    expect(version).toEqual({
      release: expect.any(String),
      version: expect.any(String),
      variant: expect.any(String),
      environment: expect.any(String),
    });
  });

  for (const path of ["/api/auth/me", "/api/profiles", "/api/profiles/1", "/api/dashboard/summary"]) {
    test(`keeps ${path} to itself`, async () => {
      const response = await (await anonymous()).get(path);
      expect(response.status()).toBe(401);
      expect(await response.json()).toEqual({ detail: expect.any(String) });
    });
  }

  test("lets the frontend's origin read its answers", async ({ baseURL }) => {
    const origin = new URL(baseURL ?? "").origin;
    const response = await (await anonymous()).get("/api/version", { headers: { Origin: origin } });
    expect(response.headers()).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
    });
  });

  test("does not let another origin read its answers", async () => {
    const response = await (await anonymous()).get("/api/version", { headers: { Origin: "https://example.org" } });
    expect(response.headers()["access-control-allow-origin"]).toBeUndefined();
  });
});

test.describe("profiles", () => {
  test("come in pages", async ({ api }) => {
    const page = await api.search("");
    expect(page).toEqual({ items: expect.any(Array), total: expect.any(Number), page: 1, pages: expect.any(Number) });
    expect(page.items[0]).toMatchObject({ id: expect.any(Number), full_name: expect.any(String), headline: expect.any(String) });
  });

  test("of two pages differ", async ({ api }) => {
    const [first, second] = [await api.search("", 1), await api.search("", 2)];
    const ids = new Set(first.items.map((item) => item.id));
    expect(second.items.length).toBeGreaterThan(0);
    expect(second.items.filter((item) => ids.has(item.id))).toEqual([]);
  });

  test("can be made, read, changed and deleted", async ({ api }) => {
    const made = await api.createProfile({ bio: "First" });
    const path = `/api/profiles/${made.id}`;
    const changed = await api.send("PUT", path, { ...made, bio: "Second" });
    expect(changed.status()).toBe(200);
    expect(await (await api.get(path)).json()).toMatchObject({ full_name: made.full_name, bio: "Second" });
    expect((await api.send("DELETE", path)).status()).toBe(204);
    expect((await api.get(path)).status()).toBe(404);
  });

  test("that do not exist are not found", async ({ api }) => {
    expect((await api.get("/api/profiles/2147483647")).status()).toBe(404);
  });

  const refused = {
    "without a name": { full_name: "" },
    "with a name that is too long": { full_name: "x".repeat(121) },
    "with a number for a name": { full_name: 7 },
  };
  for (const [what, fields] of Object.entries(refused)) {
    test(`are refused ${what}`, async ({ api }) => {
      const body = { headline: "Test", location: "", bio: "", ...fields };
      expect((await api.send("POST", "/api/profiles", body)).status()).toBe(422);
    });
  }

  test("treat the signs of a search pattern as plain text", async ({ api }) => {
    expect((await api.search("%_%")).total).toBe(0);
  });
});

test.describe("figures", () => {
  test("of the dashboard are complete", async ({ api }) => {
    expect(await (await api.get("/api/dashboard/summary")).json()).toEqual({
      profiles: expect.any(Number),
      new_this_week: expect.any(Number),
      by_location: expect.arrayContaining([{ location: expect.any(String), count: expect.any(Number) }]),
      recent: expect.any(Array),
      cached: expect.any(Boolean),
    });
  });

  test("of the cache are counted", async ({ api }) => {
    await api.get("/api/dashboard/summary");
    const { hits, misses } = (await (await api.get("/api/metrics/cache")).json()) as { hits: number; misses: number };
    expect(hits + misses).toBeGreaterThan(0);
  });

  test("of a browser are taken without a session", async () => {
    const data = { name: "FCP", value: 321.5, page: "/" };
    expect((await (await anonymous()).post("/api/vitals", { data })).status()).toBe(204);
  });

  test("of a browser are refused when they are nonsense", async () => {
    const data = { name: "XYZ", value: -1, page: "/" };
    expect((await (await anonymous()).post("/api/vitals", { data })).status()).toBe(422);
  });

  test("of all browsers are summed up by page", async ({ api }) => {
    await api.context.post("/api/vitals", { data: { name: "TTFB", value: 20, page: "/" } });
    expect(await (await api.get("/api/vitals/summary")).json()).toMatchObject({
      "/": { TTFB: { median: expect.any(Number), n: expect.any(Number) } },
    });
  });
});
