import { request } from "@playwright/test";

import { uniqueName } from "./support/api-client";
import { API_URL, STATE_FILE } from "./support/env";
import { apiTest as test, expect } from "./support/test";

const profile = () => ({ full_name: uniqueName(), headline: "Forged", location: "", bio: "" });

test.describe("a write without its CSRF token is refused", () => {
  test("when a profile is made", async ({ api }) => {
    const response = await api.context.post("/api/profiles", { data: profile() });
    expect(response.status()).toBe(403);
  });

  test("when a profile is changed", async ({ api, profile: mine }) => {
    const response = await api.context.put(`/api/profiles/${mine.id}`, { data: profile() });
    expect(response.status()).toBe(403);
    expect(await (await api.get(`/api/profiles/${mine.id}`)).json()).toMatchObject({ full_name: mine.full_name });
  });

  test("when a profile is deleted", async ({ api, profile: mine }) => {
    expect((await api.context.delete(`/api/profiles/${mine.id}`)).status()).toBe(403);
    expect((await api.get(`/api/profiles/${mine.id}`)).status()).toBe(200);
  });

  test("when somebody is signed out", async ({ api }) => {
    expect((await api.context.post("/api/auth/logout")).status()).toBe(403);
    expect((await api.get("/api/auth/me")).status()).toBe(200);
  });

  test("also when the token is a wrong one", async ({ api }) => {
    const response = await api.context.post("/api/profiles", { data: profile(), headers: { "X-CSRF-Token": "wrong" } });
    expect(response.status()).toBe(403);
  });
});

test("scripts may read the CSRF cookie and not the session's", async () => {
  const context = await request.newContext({ baseURL: API_URL, storageState: STATE_FILE });
  const { cookies } = await context.storageState();
  await context.dispose();
  expect(Object.fromEntries(cookies.map(({ name, httpOnly }) => [name, httpOnly]))).toMatchObject({
    session: true,
    csrf_token: false,
  });
});
