import { beforeEach, describe, expect, it, vi } from "vitest";

import { api } from "@/lib/api";
import { apiReachable } from "@/lib/api-status";
import { session } from "@/lib/session";

const answer = (status: number, body?: unknown) =>
  vi.fn<typeof fetch>().mockResolvedValue(new Response(body === undefined ? null : JSON.stringify(body), { status }));

const stub = (fetching: ReturnType<typeof answer>) => {
  vi.stubGlobal("fetch", fetching);
  return fetching;
};

beforeEach(() => {
  apiReachable.set(true);
  session.set({ status: "unknown" });
  document.cookie = "csrf_token=t0ken";
});

describe("api", () => {
  it("reads JSON with the session's cookies", async () => {
    const fetching = stub(answer(200, { profiles: 3 }));
    await expect(api("/api/dashboard/summary")).resolves.toEqual({ profiles: 3 });
    const [url, init] = fetching.mock.calls[0] ?? [];
    expect(url).toBe("http://localhost:8000/api/dashboard/summary");
    expect(init).toMatchObject({ method: "GET", credentials: "include" });
  });

  it("sends no CSRF token with a read", async () => {
    const fetching = stub(answer(200, {}));
    await api("/api/profiles");
    expect(fetching.mock.calls[0]?.[1]?.headers).not.toHaveProperty("X-CSRF-Token");
  });

  it.each(["POST", "PUT", "DELETE"] as const)("repeats the CSRF cookie in the header of a %s", async (method) => {
    const fetching = stub(answer(204));
    await api("/api/profiles/1", { method });
    expect(fetching.mock.calls[0]?.[1]?.headers).toHaveProperty("X-CSRF-Token", "t0ken");
  });

  it("returns nothing for 204", async () => {
    stub(answer(204));
    await expect(api("/api/profiles/1", { method: "DELETE" })).resolves.toBeUndefined();
  });

  it("marks the API as unreachable when there is no answer, and as reachable again after one", async () => {
    vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("Failed to fetch")));
    await expect(api("/api/profiles")).rejects.toMatchObject({ status: 0 });
    expect(apiReachable.get()).toBe(false);
    stub(answer(200, {}));
    await api("/api/profiles");
    expect(apiReachable.get()).toBe(true);
  });

  it("marks the API as unreachable for 503", async () => {
    stub(answer(503, { detail: "The database is not available" }));
    await expect(api("/api/profiles")).rejects.toMatchObject({ status: 503 });
    expect(apiReachable.get()).toBe(false);
  });

  it("leaves the banner alone when an optional part answers 503", async () => {
    stub(answer(503, { detail: "The cache is not available" }));
    await expect(api("/api/metrics/cache", { optional: true })).rejects.toMatchObject({ status: 503 });
    expect(apiReachable.get()).toBe(true);
  });

  it("ends the session on 401", async () => {
    stub(answer(401, { detail: "Not logged in" }));
    await expect(api("/api/profiles")).rejects.toMatchObject({ status: 401 });
    expect(session.get().status).toBe("out");
  });

  it("does not take a wrong password for an ended session", async () => {
    stub(answer(401, { detail: "Wrong email or password" }));
    await expect(api("/api/auth/login", { method: "POST" })).rejects.toMatchObject({ status: 401 });
    expect(session.get().status).toBe("unknown");
  });

  it("survives an error body that is no JSON", async () => {
    vi.stubGlobal("fetch", vi.fn().mockResolvedValue(new Response("<html>", { status: 500 })));
    await expect(api("/api/profiles")).rejects.toMatchObject({ status: 500, message: "The request failed (500)." });
  });
});
