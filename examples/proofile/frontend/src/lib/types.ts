/** Shapes of the API's JSON. */
export type Availability = "open" | "busy" | "unavailable";

export interface ProfileInput {
  full_name: string;
  headline: string;
  location: string;
  bio: string;
  /** Since release v2 of the API. */
  availability?: Availability;
}

export interface Profile extends ProfileInput {
  id: number;
}

/** What a list shows of a profile. */
export type ProfileCard = Pick<Profile, "id" | "full_name" | "headline" | "location" | "availability">;

export interface ProfilePage {
  items: Profile[];
  total: number;
  page: number;
  pages: number;
}

export interface User {
  id: number;
  email: string;
  full_name: string;
}

export interface DashboardSummary {
  profiles: number;
  new_this_week: number;
  by_location: { location: string; count: number }[];
  recent: ProfileCard[];
  cached: boolean;
}

export interface CacheMetrics {
  hits: number;
  misses: number;
}

export interface ReleaseInfo {
  release: string;
  version: string;
  variant: string;
  environment: string;
}

export type VitalName = "TTFB" | "FCP" | "LCP" | "CLS" | "INP";

/** Page, then metric, to the median of its samples (ms; CLS has no unit). */
export type VitalsSummary = Record<string, Partial<Record<VitalName, { median: number; n: number }>>>;
