import { NextResponse, type NextRequest } from "next/server";

import { API_URL } from "@/lib/config";
import { contentSecurityPolicy } from "@/lib/security-headers";

/** Gives each page a nonce of its own. Next.js reads it from the request header and puts it on its script tags. */
export function proxy(request: NextRequest): NextResponse {
  const policy = contentSecurityPolicy({
    nonce: btoa(crypto.randomUUID()),
    apiOrigin: new URL(API_URL).origin,
    development: process.env.NODE_ENV === "development",
  });
  const headers = new Headers(request.headers);
  headers.set("Content-Security-Policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("Content-Security-Policy", policy);
  return response;
}

export const config = { matcher: ["/((?!_next/static|favicon.ico|icon.svg).*)"] };
