import { describe, expect, it } from "vitest";

import { readCookie } from "@/lib/cookies";
import { hitRate, initials, plural } from "@/lib/format";
import { safeNext } from "@/lib/safe-next";

describe("readCookie", () => {
  it.each([
    ["csrf_token=abc", "abc"],
    ["a=1; csrf_token=a%3Db; b=2", "a=b"],
    ["xcsrf_token=abc", undefined],
    ["", undefined],
  ])("reads csrf_token from %j", (cookies, expected) => {
    expect(readCookie("csrf_token", cookies)).toBe(expected);
  });
});

describe("safeNext", () => {
  it.each([
    ["/profiles?q=a", "/profiles?q=a"],
    ["/performance", "/performance"],
    [undefined, "/dashboard"],
    [null, "/dashboard"],
    ["", "/dashboard"],
    ["https://evil.example", "/dashboard"],
    ["//evil.example/x", "/dashboard"],
    ["/\\evil.example", "/dashboard"],
    ["javascript:alert(1)", "/dashboard"],
  ])("leads from %j to %j", (next, expected) => {
    expect(safeNext(next)).toBe(expected);
  });
});

describe("initials", () => {
  it.each([
    ["Ada Lovelace", "AL"],
    ["Ana Maria de Souza", "AS"],
    ["Plato", "P"],
    ["  élan vital ", "ÉV"],
    ["", ""],
  ])("of %j are %j", (name, expected) => {
    expect(initials(name)).toBe(expected);
  });
});

describe("numbers", () => {
  it("counts in words", () => {
    expect(plural(1, "profile")).toBe("1 profile");
    expect(plural(1200, "profile")).toBe("1,200 profiles");
    expect(plural(0, "miss", "misses")).toBe("0 misses");
  });

  it("knows the hit rate only where something was asked", () => {
    expect(hitRate({ hits: 3, misses: 1 })).toBe(75);
    expect(hitRate({ hits: 0, misses: 0 })).toBeUndefined();
  });
});
