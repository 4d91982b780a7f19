"use client";

import { Bar, BarChart, CartesianGrid, Legend, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

import { CHART_COLOURS, CHART_TICK, FIRST_SIZE } from "@/lib/chart-style";
import type { VitalName, VitalsSummary } from "@/lib/types";
import { VITALS } from "@/lib/vitals";

const SERIES: { name: VitalName; colour: string }[] = [
  { name: "TTFB", colour: CHART_COLOURS.third },
  { name: "FCP", colour: CHART_COLOURS.second },
  { name: "LCP", colour: CHART_COLOURS.primary },
];

const rows = (summary: VitalsSummary) =>
  Object.entries(summary).map(([page, metrics]) => ({
    page,
    ...Object.fromEntries(SERIES.map(({ name }) => [name, Math.round(metrics[name]?.median ?? 0)])),
  }));

const HEIGHT_OF_FRAME = 90;
const HEIGHT_OF_PAGE = 40;

export function VitalsChart({ summary }: { summary: VitalsSummary }) {
  const data = rows(summary);
  return (
    <ResponsiveContainer width="100%" height={HEIGHT_OF_FRAME + HEIGHT_OF_PAGE * data.length} initialDimension={FIRST_SIZE}>
      <BarChart data={data} layout="vertical" accessibilityLayer={false} margin={{ right: 24 }}>
        <CartesianGrid horizontal={false} stroke={CHART_COLOURS.grid} />
        <XAxis type="number" unit=" ms" tick={CHART_TICK} stroke={CHART_COLOURS.grid} />
        <YAxis type="category" dataKey="page" width={104} tick={CHART_TICK} stroke={CHART_COLOURS.grid} interval={0} />
        <Tooltip cursor={{ fill: "#eef4f2" }} />
        <Legend />
        <ReferenceLine x={VITALS.LCP.limit} stroke="#a3262a" strokeDasharray="6 4" />
        {SERIES.map(({ name, colour }) => (
          <Bar key={name} dataKey={name} fill={colour} unit=" ms" radius={[0, 3, 3, 0]} isAnimationActive={false} />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}
