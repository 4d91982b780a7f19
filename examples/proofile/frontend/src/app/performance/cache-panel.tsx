"use client";

import dynamic from "next/dynamic";

import { hitRate, plural } from "@/lib/format";
import type { CacheMetrics } from "@/lib/types";
import { useResource } from "@/lib/use-resource";

const CacheChart = dynamic(() => import("./cache-chart").then((module) => module.CacheChart), { ssr: false });

function rateText(metrics: CacheMetrics): string {
  const rate = hitRate(metrics);
  return rate === undefined ? "The cache has not been asked yet." : `${rate.toFixed(1)} % answered from the cache`;
}

function Cache({ metrics }: { metrics: CacheMetrics }) {
  return (
    <div className="cache">
      <div className="chart small" aria-hidden="true">
        <CacheChart metrics={metrics} />
      </div>
      <div>
        <p className="detail-headline">{rateText(metrics)}</p>
        <p className="muted">{`${plural(metrics.hits, "hit")}, ${plural(metrics.misses, "miss", "misses")}`}</p>
      </div>
    </div>
  );
}

export function CachePanel() {
  const { data, error } = useResource<CacheMetrics>("/api/metrics/cache", true);
  return (
    <section className="card" aria-labelledby="cache-title">
      <div className="card-head">
        <h2 id="cache-title">Cache</h2>
      </div>
      {error && <p className="muted">The cache does not answer. Pages still work, only slower.</p>}
      {data && <Cache metrics={data} />}
    </section>
  );
}
