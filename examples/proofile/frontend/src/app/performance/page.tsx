import type { Metadata } from "next";

import { CachePanel } from "./cache-panel";
import { LivePanel } from "./live-panel";
import { SummaryPanel } from "./summary-panel";

export const metadata: Metadata = { title: "Performance" };

export default function PerformancePage() {
  return (
    <>
      <h1>Performance</h1>
      <p className="lead">What visitors of this site feel, measured in their browsers and held against our targets.</p>
      <LivePanel />
      <SummaryPanel />
      <CachePanel />
    </>
  );
}
