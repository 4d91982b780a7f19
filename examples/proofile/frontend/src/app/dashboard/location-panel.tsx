"use client";

import dynamic from "next/dynamic";

import { plural } from "@/lib/format";
import type { DashboardSummary } from "@/lib/types";

type Places = DashboardSummary["by_location"];

const LocationChart = dynamic(() => import("./location-chart").then((module) => module.LocationChart), { ssr: false });

const inWords = (places: Places): string =>
  places.map(({ location, count }) => `${location} ${plural(count, "profile")}`).join(", ");

function Chart({ places }: { places: Places }) {
  if (places.length === 0) return <p className="muted">No profile names a location yet.</p>;
  return (
    <div role="img" aria-label={`Bar chart: ${inWords(places)}`}>
      <LocationChart places={places} />
    </div>
  );
}

export function LocationPanel({ places }: { places?: Places }) {
  return (
    <section className="card" aria-labelledby="locations-title">
      <div className="card-head">
        <h2 id="locations-title">Profiles by location</h2>
      </div>
      <div className="chart tall">{places && <Chart places={places} />}</div>
    </section>
  );
}
