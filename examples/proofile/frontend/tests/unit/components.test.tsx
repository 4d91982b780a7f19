import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";

import ErrorPage from "@/app/error";
import { SummaryTable } from "@/app/performance/summary-table";
import { Pager } from "@/app/profiles/pager";
import { ProfileForm } from "@/app/profiles/profile-form";
import { AvailabilityBadge } from "@/components/availability-badge";
import { LoadError } from "@/components/load-error";
import { ReleaseMarker } from "@/components/release-marker";
import { ServiceBanner } from "@/components/service-banner";
import { ApiError } from "@/lib/api-error";
import { reportReachable, reportUnreachable } from "@/lib/api-status";

afterEach(cleanup);

describe("ServiceBanner", () => {
  it("speaks while the API is away", () => {
    render(<ServiceBanner />);
    expect(screen.queryByRole("alert")).toBeNull();
    act(reportUnreachable);
    expect(screen.getByRole("alert").textContent).toContain("The service is temporarily unavailable");
    act(reportReachable);
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("LoadError", () => {
  it("shows a fault", () => {
    render(<LoadError what="The figures" error={new ApiError(500, "Internal server error")} />);
    expect(screen.getByRole("alert").textContent).toBe("The figures could not be loaded. Internal server error");
  });

  it.each([0, 401, 503])("leaves %i to the banner or the login", (status) => {
    render(<LoadError what="The figures" error={new ApiError(status, "")} />);
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("ErrorPage", () => {
  it("offers another try and the reference", () => {
    const reset = vi.fn();
    render(<ErrorPage error={Object.assign(new Error("boom"), { digest: "12345" })} reset={reset} />);
    expect(screen.getByText("Reference: 12345")).toBeDefined();
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(reset).toHaveBeenCalledOnce();
  });
});

describe("ReleaseMarker", () => {
  it.each([
    ["good", 0],
    ["console-error", 1],
  ])("of the variant %s logs %i errors", (variant, errors) => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    render(<ReleaseMarker variant={variant} />);
    expect(log).toHaveBeenCalledTimes(errors);
  });
});

describe("AvailabilityBadge", () => {
  it("is absent where the API says nothing", () => {
    const { container } = render(<AvailabilityBadge />);
    expect(container.innerHTML).toBe("");
  });
});

describe("Pager", () => {
  it("leads on and back, and no further than there are pages", () => {
    const { rerender } = render(<Pager query={{ q: "a", page: 1 }} pages={2} />);
    expect(screen.queryByRole("link", { name: "Previous" })).toBeNull();
    expect(screen.getByRole("link", { name: "Next" }).getAttribute("href")).toBe("/profiles?q=a&page=2");
    rerender(<Pager query={{ q: "a", page: 2 }} pages={2} />);
    expect(screen.queryByRole("link", { name: "Next" })).toBeNull();
    expect(screen.getByRole("link", { name: "Previous" }).getAttribute("href")).toBe("/profiles?q=a");
  });
});

describe("SummaryTable", () => {
  it("marks a median that misses its target in words", () => {
    render(<SummaryTable summary={{ "/": { LCP: { median: 3000, n: 5 } } }} />);
    expect(screen.getByRole("cell", { name: "3.00 s over" })).toBeDefined();
  });
});

describe("ProfileForm", () => {
  it("names what is missing and sends nothing", () => {
    const save = vi.fn();
    render(<ProfileForm save={save} cancel={null} />);
    fireEvent.click(screen.getByRole("button", { name: "Save profile" }));
    expect(screen.getByLabelText("Full name").getAttribute("aria-describedby")).toBe("full_name-error");
    expect(save).not.toHaveBeenCalled();
  });

  it("keeps the availability that it does not edit", () => {
    const save = vi.fn().mockResolvedValue(undefined);
    const profile = { id: 1, full_name: "Ada", headline: "Engineer", location: "", bio: "", availability: "busy" as const };
    render(<ProfileForm profile={profile} save={save} cancel={null} />);
    fireEvent.click(screen.getByRole("button", { name: "Save profile" }));
    expect(save).toHaveBeenCalledWith(expect.objectContaining({ full_name: "Ada", availability: "busy" }));
  });
});
