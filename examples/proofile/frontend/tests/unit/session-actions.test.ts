import { beforeEach, describe, expect, it, vi } from "vitest";

import { session } from "@/lib/session";
import { loadSession, signIn, signOut } from "@/lib/session-actions";

const DANA = { id: 1, email: "dana@example.org", full_name: "Dana Demo" };

const stubAnswer = (status: number, body?: unknown) => {
  const fetching = vi.fn().mockResolvedValue(new Response(body === undefined ? null : JSON.stringify(body), { status }));
  vi.stubGlobal("fetch", fetching);
  return fetching;
};

beforeEach(() => {
  session.set({ status: "unknown" });
  document.cookie = "csrf_token=t0ken";
});

describe("loadSession", () => {
  it("does not ask the API without the CSRF cookie", async () => {
    document.cookie = "csrf_token=; expires=Thu, 01 Jan 1970 00:00:00 GMT";
    const fetching = stubAnswer(200, DANA);
    await loadSession();
    expect(fetching).not.toHaveBeenCalled();
    expect(session.get()).toEqual({ status: "out" });
  });

  it("takes the user from the API", async () => {
    stubAnswer(200, DANA);
    await loadSession();
    expect(session.get()).toEqual({ status: "in", user: DANA });
  });

  it("sees that the session has expired", async () => {
    stubAnswer(401, { detail: "Not logged in" });
    await loadSession();
    expect(session.get()).toEqual({ status: "out" });
  });

  it("does not sign out because the database is away", async () => {
    stubAnswer(503, { detail: "The database is not available" });
    await loadSession();
    expect(session.get()).toEqual({ status: "unknown" });
  });
});

describe("signIn and signOut", () => {
  it("signs in", async () => {
    stubAnswer(200, DANA);
    await signIn(DANA.email, "secret");
    expect(session.get()).toEqual({ status: "in", user: DANA });
  });

  it.each([204, 401, 403])("is out after the logout answered %i", async (status) => {
    session.set({ status: "in", user: DANA });
    stubAnswer(status);
    await signOut();
    expect(session.get()).toEqual({ status: "out" });
  });

  it("stays in when the logout failed", async () => {
    session.set({ status: "in", user: DANA });
    stubAnswer(503);
    await expect(signOut()).rejects.toMatchObject({ status: 503 });
    expect(session.get().status).toBe("in");
  });
});
