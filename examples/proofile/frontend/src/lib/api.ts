import { ApiError, errorFromBody } from "@/lib/api-error";
import { reportReachable, reportUnreachable } from "@/lib/api-status";
import { API_URL } from "@/lib/config";
import { readCookie } from "@/lib/cookies";
import { session } from "@/lib/session";

export interface ApiOptions {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  /** A part that the page can do without: its 503 does not raise the banner. */
  optional?: boolean;
}

const LOGIN = "/api/auth/login";

function headersFor(method: string): HeadersInit {
  if (method === "GET") return { Accept: "application/json" };
  return {
    Accept: "application/json",
    "Content-Type": "application/json",
    "X-CSRF-Token": readCookie("csrf_token") ?? "",
  };
}

async function ask(path: string, { method = "GET", body }: ApiOptions): Promise<Response> {
  try {
    return await fetch(`${API_URL}${path}`, {
      method,
      credentials: "include",
      cache: "no-store",
      headers: headersFor(method),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    reportUnreachable();
    throw new ApiError(0, "The service cannot be reached.");
  }
}

/**
 * Calls the API with the session's cookies and, for writes, the CSRF token.
 * @throws {ApiError} for every answer that is not 2xx and when there is none.
 */
export async function api<T>(path: string, options: ApiOptions = {}): Promise<T> {
  const response = await ask(path, options);
  if (response.ok) {
    if (!options.optional) reportReachable();
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
  const error = errorFromBody(response.status, await response.json().catch(() => null));
  if (error.unavailable && !options.optional) reportUnreachable();
  if (error.status === 401 && path !== LOGIN) session.set({ status: "out" });
  throw error;
}
