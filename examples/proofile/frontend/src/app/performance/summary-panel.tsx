"use client";

import dynamic from "next/dynamic";

import { LoadError } from "@/components/load-error";
import { Skeleton } from "@/components/skeleton";
import type { VitalsSummary } from "@/lib/types";
import { useResource } from "@/lib/use-resource";

import { SummaryTable } from "./summary-table";

const VitalsChart = dynamic(() => import("./vitals-chart").then((module) => module.VitalsChart), { ssr: false });

function Summary({ summary }: { summary: VitalsSummary }) {
  if (Object.keys(summary).length === 0) return <p className="muted">Nothing has been measured yet.</p>;
  return (
    <>
      <div className="chart tall" role="img" aria-label="Bar chart of the medians by page; the table below has the numbers">
        <VitalsChart summary={summary} />
      </div>
      <SummaryTable summary={summary} />
    </>
  );
}

export function SummaryPanel() {
  const { data, error } = useResource<VitalsSummary>("/api/vitals/summary");
  return (
    <section className="card" aria-labelledby="summary-title">
      <div className="card-head">
        <h2 id="summary-title">All visits</h2>
      </div>
      <LoadError what="The measurements" error={error} />
      {data ? <Summary summary={data} /> : <Skeleton rows={8} />}
    </section>
  );
}
