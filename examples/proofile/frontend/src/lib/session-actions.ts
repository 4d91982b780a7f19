import { api } from "@/lib/api";
import { ApiError } from "@/lib/api-error";
import { readCookie } from "@/lib/cookies";
import { session } from "@/lib/session";
import type { User } from "@/lib/types";

/** Asks who is signed in. Without the CSRF cookie nobody is, and the API need not be asked. */
export async function loadSession(): Promise<void> {
  if (readCookie("csrf_token") === undefined) {
    session.set({ status: "out" });
    return;
  }
  try {
    session.set({ status: "in", user: await api<User>("/api/auth/me") });
  } catch {
    // A 401 has set the status already; after any other failure the banner speaks and the status stays unknown.
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  const user = await api<User>("/api/auth/login", { method: "POST", body: { email, password } });
  session.set({ status: "in", user });
}

/** Ends the session; one that the API no longer knows counts as ended. */
export async function signOut(): Promise<void> {
  try {
    await api("/api/auth/logout", { method: "POST" });
  } catch (error) {
    if (!(error instanceof ApiError && [401, 403].includes(error.status))) throw error;
  }
  session.set({ status: "out" });
}
