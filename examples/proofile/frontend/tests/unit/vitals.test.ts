import { describe, expect, it } from "vitest";

import { formatLimit, formatVital, routeOf, verdict } from "@/lib/vitals";

describe("verdict", () => {
  it.each([
    ["TTFB", 799, "good"],
    ["TTFB", 800, "over"],
    ["FCP", 1499, "good"],
    ["FCP", 1500, "over"],
    ["LCP", 2499, "good"],
    ["LCP", 2500, "over"],
    ["CLS", 0.099, "good"],
    ["CLS", 0.1, "over"],
    ["INP", 10, "none"],
    ["LCP", undefined, "none"],
  ] as const)("%s of %s is %s", (name, value, expected) => {
    expect(verdict(name, value)).toBe(expected);
  });
});

describe("formatVital", () => {
  it.each([
    ["LCP", 840.4, "840 ms"],
    ["LCP", 2345, "2.35 s"],
    ["CLS", 0.0123, "0.012"],
    ["INP", undefined, "–"],
  ] as const)("%s of %s reads %s", (name, value, expected) => {
    expect(formatVital(name, value)).toBe(expected);
  });

  it("says the limit", () => {
    expect(formatLimit("LCP")).toBe("< 2.5 s");
    expect(formatLimit("CLS")).toBe("< 0.1");
    expect(formatLimit("INP")).toBe("");
  });
});

describe("routeOf", () => {
  it.each([
    ["/", "/"],
    ["/profiles", "/profiles"],
    ["/profiles/new", "/profiles/new"],
    ["/profiles/42", "/profiles/[id]"],
    ["/profiles/42/more", "/404"],
    ["/nothing", "/404"],
  ])("takes %s for %s", (pathname, route) => {
    expect(routeOf(pathname)).toBe(route);
  });
});
