import { rm } from "node:fs/promises";

import { ApiClient, login } from "./api-client";
import { STATE_FILE } from "./env";
import { openForwards } from "./forward";

async function sweep(): Promise<void> {
  const api = await ApiClient.open();
  await api.sweep();
  await api.close();
}

/** One login for all tests; the returned function clears up after them. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const closeForwards = await openForwards(process.env.E2E_FORWARD ?? "");
  await login();
  await sweep();
  return async () => {
    await sweep();
    await rm(STATE_FILE, { force: true });
    closeForwards();
  };
}
