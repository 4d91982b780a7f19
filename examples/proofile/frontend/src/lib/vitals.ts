import type { VitalName } from "@/lib/types";

interface VitalTarget {
  title: string;
  /** Upper limit, exclusive: milliseconds, or no unit for CLS. Absent where the product has set none. */
  limit?: number;
}

export const VITALS: Record<VitalName, VitalTarget> = {
  TTFB: { title: "Time to first byte", limit: 800 },
  FCP: { title: "First contentful paint", limit: 1500 },
  LCP: { title: "Largest contentful paint", limit: 2500 },
  CLS: { title: "Cumulative layout shift", limit: 0.1 },
  INP: { title: "Interaction to next paint" },
};

export const VITAL_NAMES = Object.keys(VITALS) as VitalName[];

export type Verdict = "good" | "over" | "none";

export function verdict(name: VitalName, value: number | undefined): Verdict {
  const { limit } = VITALS[name];
  if (value === undefined || limit === undefined) return "none";
  return value < limit ? "good" : "over";
}

export function formatVital(name: VitalName, value: number | undefined): string {
  if (value === undefined) return "–";
  if (name === "CLS") return value.toFixed(3);
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
}

/** The limit in words, empty where there is none. */
export function formatLimit(name: VitalName): string {
  const { limit } = VITALS[name];
  if (limit === undefined) return "";
  return `< ${name === "CLS" ? limit : `${limit / 1000} s`}`;
}

const ROUTES = ["/", "/login", "/dashboard", "/profiles", "/profiles/new", "/performance"];

/** The route that a path belongs to: all profiles count as one page, and so do all addresses that lead nowhere. */
export function routeOf(pathname: string): string {
  if (/^\/profiles\/\d+$/.test(pathname)) return "/profiles/[id]";
  return ROUTES.includes(pathname) ? pathname : "/404";
}
