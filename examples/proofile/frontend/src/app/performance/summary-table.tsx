import { plural } from "@/lib/format";
import type { VitalName, VitalsSummary } from "@/lib/types";
import { formatLimit, formatVital, verdict } from "@/lib/vitals";

const COLUMNS: VitalName[] = ["TTFB", "FCP", "LCP", "CLS"];

const samples = (metrics: VitalsSummary[string]): number =>
  Math.max(0, ...Object.values(metrics).map((metric) => metric.n));

function Cell({ name, median }: { name: VitalName; median?: number }) {
  const over = verdict(name, median) === "over";
  return (
    <td className={over ? "over" : undefined}>
      {formatVital(name, median)}
      {over && <span className="cell-note"> over</span>}
    </td>
  );
}

export function SummaryTable({ summary }: { summary: VitalsSummary }) {
  return (
    <table className="figures">
      <caption>Medians by page</caption>
      <thead>
        <tr>
          <th scope="col">Page</th>
          {COLUMNS.map((name) => (
            <th key={name} scope="col">
              {name} <span className="target">{formatLimit(name)}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Object.entries(summary).map(([page, metrics]) => (
          <tr key={page}>
            <th scope="row">
              {page} <span className="target">{plural(samples(metrics), "visit")}</span>
            </th>
            {COLUMNS.map((name) => (
              <Cell key={name} name={name} median={metrics[name]?.median} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
