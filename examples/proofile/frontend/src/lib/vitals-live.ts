import { onCLS, onFCP, onINP, onLCP, onTTFB, type Metric } from "web-vitals";

import { API_URL } from "@/lib/config";
import { Store } from "@/lib/store";
import type { VitalName } from "@/lib/types";
import { routeOf } from "@/lib/vitals";

/** The values of this page load so far. */
export const liveVitals = new Store<Partial<Record<VitalName, number>>>({});

const show = ({ name, value }: Metric) => {
  liveVitals.set({ ...liveVitals.get(), [name]: value });
};

const reporter = (page: string) => {
  return ({ name, value }: Metric) => {
    navigator.sendBeacon(`${API_URL}/api/vitals`, JSON.stringify({ name, value, page }));
  };
};

const watchers = [onTTFB, onFCP, onLCP, onCLS, onINP];
let watching = false;

/** Follows the metrics of this page load: every change is shown, the final value is reported. */
export function watchVitals(pathname: string): void {
  if (watching) return;
  watching = true;
  const report = reporter(routeOf(pathname));
  for (const watch of watchers) {
    watch(show, { reportAllChanges: true });
    watch(report);
  }
}
