import { describe, expect, it } from "vitest";

import { profileFromForm, validateProfile } from "@/lib/profile-form";
import { apiPath, pagePath, queryFrom } from "@/lib/profile-query";

const ADA = { full_name: "Ada", headline: "Engineer", location: "", bio: "" };

describe("validateProfile", () => {
  it("accepts a name and a headline", () => {
    expect(validateProfile(ADA)).toEqual({});
  });

  it("demands a name and a headline", () => {
    expect(validateProfile({ ...ADA, full_name: "", headline: "" })).toEqual({
      full_name: "Full name is required.",
      headline: "Headline is required.",
    });
  });

  it.each([
    ["full_name", 120],
    ["headline", 160],
    ["location", 120],
    ["bio", 5000],
  ] as const)("limits %s to %i characters", (name, max) => {
    expect(validateProfile({ ...ADA, [name]: "x".repeat(max) })).toEqual({});
    expect(validateProfile({ ...ADA, [name]: "x".repeat(max + 1) })[name]).toContain(`${max + 1} characters`);
  });
});

describe("profileFromForm", () => {
  it("trims and fills in what is absent", () => {
    const form = new FormData();
    form.set("full_name", "  Ada ");
    expect(profileFromForm(form)).toEqual({ full_name: "Ada", headline: "", location: "", bio: "" });
  });
});

describe("the search in the address", () => {
  it.each([
    ["", { q: "", page: 1 }],
    ["q=ada&page=3", { q: "ada", page: 3 }],
    ["page=0", { q: "", page: 1 }],
    ["page=-1", { q: "", page: 1 }],
    ["page=two", { q: "", page: 1 }],
    ["page=1.5", { q: "", page: 1 }],
  ])("reads %j", (address, expected) => {
    expect(queryFrom(new URLSearchParams(address))).toEqual(expected);
  });

  it("writes only what is not the default", () => {
    expect(pagePath({ q: "", page: 1 })).toBe("/profiles");
    expect(apiPath({ q: "a&b", page: 2 })).toBe("/api/profiles?q=a%26b&page=2");
  });
});
