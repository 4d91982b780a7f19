import { API_URL } from "./support/env";
import { apiTest as test, expect } from "./support/test";

const EXPECTED = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "strict-origin-when-cross-origin",
  "cross-origin-opener-policy": "same-origin",
};

for (const [name, value] of Object.entries(EXPECTED)) {
  test(`${name} is ${value}`, async ({ request }) => {
    expect((await request.get("/")).headers()[name]).toBe(value);
  });
}

test("the server does not say what it is made with", async ({ request }) => {
  expect((await request.get("/")).headers()).not.toHaveProperty("x-powered-by");
});

test("the Content-Security-Policy names the API and allows no inline script", async ({ request }) => {
  const policy = (await request.get("/")).headers()["content-security-policy"] ?? "";
  expect(policy).toContain(`connect-src 'self' ${new URL(API_URL).origin}`);
  expect(policy).toMatch(/script-src 'self' 'nonce-[^']+'/);
  expect(policy.match(/script-src [^;]*/)?.[0]).not.toContain("unsafe");
});

test("each answer has a nonce of its own", async ({ request }) => {
  const nonces = [await request.get("/"), await request.get("/")].map(
    (response) => /'nonce-([^']+)'/.exec(response.headers()["content-security-policy"] ?? "")?.[1],
  );
  expect(nonces[0]).toBeTruthy();
  expect(nonces[0]).not.toBe(nonces[1]);
});

test("scripts may be kept for ever", async ({ request }) => {
  const [source] = /\/_next\/static\/[^"]+\.js/.exec(await (await request.get("/")).text()) ?? [];
  const response = await request.get(source ?? "");
  expect(response.status()).toBe(200);
  expect(response.headers()["cache-control"]).toContain("immutable");
});

test("pages may not be kept", async ({ request }) => {
  expect((await request.get("/")).headers()["cache-control"]).toContain("no-store");
});
