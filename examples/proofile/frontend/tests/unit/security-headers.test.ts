import { describe, expect, it } from "vitest";

import { contentSecurityPolicy, staticSecurityHeaders } from "@/lib/security-headers";

const policy = contentSecurityPolicy({ nonce: "n0nce", apiOrigin: "http://api.example:8000" });

describe("contentSecurityPolicy", () => {
  it("lets the browser talk to the API", () => {
    expect(policy).toContain("connect-src 'self' http://api.example:8000;");
  });

  it("runs only scripts with the nonce", () => {
    expect(policy).toContain("script-src 'self' 'nonce-n0nce' 'strict-dynamic';");
    expect(policy).not.toContain("unsafe-eval");
  });

  it("cannot be framed", () => {
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it("allows evaluation and the websocket only in development", () => {
    const development = contentSecurityPolicy({ nonce: "n", apiOrigin: "http://a.example", development: true });
    expect(development).toContain("'unsafe-eval'");
    expect(development).toContain("ws:");
  });
});

describe("staticSecurityHeaders", () => {
  it.each(["X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy", "Strict-Transport-Security"])(
    "has %s",
    (key) => {
      expect(staticSecurityHeaders.map((header) => header.key)).toContain(key);
    },
  );
});
