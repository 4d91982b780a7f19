import { describe, expect, it } from "vitest";

import { ApiError, errorFromBody } from "@/lib/api-error";

describe("errorFromBody", () => {
  it("takes the detail as the message", () => {
    expect(errorFromBody(401, { detail: "Wrong email or password" }).message).toBe("Wrong email or password");
  });

  it("names the fields of a refused form", () => {
    const error = errorFromBody(422, { detail: "Validation failed", errors: [{ field: "full_name", message: "too short" }] });
    expect(error.fields).toEqual({ full_name: "too short" });
  });

  it.each([null, undefined, {}, { detail: 7 }])("has a general message for the body %j", (body) => {
    expect(errorFromBody(500, body).message).toBe("The request failed (500).");
  });
});

describe("ApiError.unavailable", () => {
  it.each([0, 502, 503, 504])("is true for %i", (status) => {
    expect(new ApiError(status, "").unavailable).toBe(true);
  });

  it.each([400, 401, 403, 404, 422, 429, 500])("is false for %i", (status) => {
    expect(new ApiError(status, "").unavailable).toBe(false);
  });
});
