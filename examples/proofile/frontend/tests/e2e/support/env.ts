import { tmpdir } from "node:os";
import { join } from "node:path";

export const API_URL = process.env.E2E_API_URL ?? "http://localhost:8000";

export const EMAIL = process.env.E2E_EMAIL ?? "demo@proofile.dev";

/** Every row that the suite makes begins with this, so that it can be told apart and swept away. */
export const PREFIX = "E2E-";

/** The cookies of the one login that all tests share: outside the results, because it is a secret. */
export const STATE_FILE = process.env.E2E_STATE_FILE ?? join(tmpdir(), `proofile-e2e-${process.getuid?.() ?? 0}.json`);

export function password(): string {
  const value = process.env.E2E_PASSWORD;
  if (!value) throw new Error("E2E_PASSWORD is not set: the password of the user E2E_EMAIL (demo@proofile.dev)");
  return value;
}
