import type { Availability } from "@/lib/types";

const TEXTS: Record<Availability, string> = { open: "Open to work", busy: "Busy", unavailable: "Unavailable" };

/** Shown where the API tells it: since release v2. */
export function AvailabilityBadge({ value }: { value?: Availability }) {
  return value ? <span className={`badge ${value}`}>{TEXTS[value]}</span> : null;
}
