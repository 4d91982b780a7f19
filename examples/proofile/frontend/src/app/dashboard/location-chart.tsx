"use client";

import { Bar, BarChart, CartesianGrid, LabelList, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

import { CHART_COLOURS, CHART_TICK, FIRST_SIZE } from "@/lib/chart-style";
import type { DashboardSummary } from "@/lib/types";

export function LocationChart({ places }: { places: DashboardSummary["by_location"] }) {
  return (
    <ResponsiveContainer width="100%" height={320} initialDimension={FIRST_SIZE}>
      <BarChart data={places} layout="vertical" accessibilityLayer={false} margin={{ right: 32 }}>
        <CartesianGrid horizontal={false} stroke={CHART_COLOURS.grid} />
        <XAxis type="number" allowDecimals={false} tick={CHART_TICK} stroke={CHART_COLOURS.grid} />
        <YAxis type="category" dataKey="location" width={104} tick={CHART_TICK} stroke={CHART_COLOURS.grid} interval={0} />
        <Tooltip cursor={{ fill: "#eef4f2" }} />
        <Bar dataKey="count" name="Profiles" fill={CHART_COLOURS.primary} radius={[0, 4, 4, 0]} isAnimationActive={false}>
          <LabelList dataKey="count" position="right" fill={CHART_TICK.fill} fontSize={13} />
        </Bar>
      </BarChart>
    </ResponsiveContainer>
  );
}
