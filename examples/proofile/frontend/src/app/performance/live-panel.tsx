"use client";

import type { VitalName } from "@/lib/types";
import { useStore } from "@/lib/use-store";
import { formatLimit, formatVital, verdict, VITAL_NAMES, VITALS } from "@/lib/vitals";
import { liveVitals } from "@/lib/vitals-live";

import { VerdictText } from "./verdict-text";

function VitalTile({ name, value }: { name: VitalName; value?: number }) {
  return (
    <div className="card tile">
      <dt>
        <abbr title={VITALS[name].title}>{name}</abbr>
      </dt>
      <dd>
        <span className="tile-value">{formatVital(name, value)}</span>
        <span className="muted">{VITALS[name].limit === undefined ? "No target" : `Target ${formatLimit(name)}`}</span>
        {value === undefined ? <span className="verdict none">Waiting</span> : <VerdictText verdict={verdict(name, value)} />}
      </dd>
    </div>
  );
}

export function LivePanel() {
  const values = useStore(liveVitals);
  return (
    <section aria-labelledby="live-title">
      <h2 id="live-title">This visit</h2>
      <dl className="tiles vitals">
        {VITAL_NAMES.map((name) => (
          <VitalTile key={name} name={name} value={values[name]} />
        ))}
      </dl>
    </section>
  );
}
