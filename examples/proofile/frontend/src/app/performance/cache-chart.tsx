"use client";

import { Cell, Pie, PieChart } from "recharts";

import { CHART_COLOURS } from "@/lib/chart-style";
import type { CacheMetrics } from "@/lib/types";

const SIZE = 140;

export function CacheChart({ metrics }: { metrics: CacheMetrics }) {
  const parts = [
    { name: "Hits", value: metrics.hits, colour: CHART_COLOURS.primary },
    { name: "Misses", value: metrics.misses, colour: CHART_COLOURS.second },
  ];
  return (
    <PieChart width={SIZE} height={SIZE} accessibilityLayer={false}>
      <Pie data={parts} rootTabIndex={-1} dataKey="value" nameKey="name" innerRadius="62%" outerRadius="100%" isAnimationActive={false}>
        {parts.map(({ name, colour }) => (
          <Cell key={name} fill={colour} />
        ))}
      </Pie>
    </PieChart>
  );
}
