import { formatCount } from "@/lib/format";
import type { DashboardSummary } from "@/lib/types";

interface TileProps {
  label: string;
  value?: string;
  note: string;
}

function Tile({ label, value, note }: TileProps) {
  return (
    <div className="card tile">
      <dt>{label}</dt>
      <dd>
        <span className="tile-value">{value ?? "–"}</span>
        <span className="muted">{note}</span>
      </dd>
    </div>
  );
}

export function Tiles({ summary }: { summary?: DashboardSummary }) {
  const busiest = summary?.by_location[0];
  return (
    <dl className="tiles">
      <Tile label="Profiles" value={summary && formatCount(summary.profiles)} note="in the directory" />
      <Tile label="New this week" value={summary && formatCount(summary.new_this_week)} note="added in seven days" />
      <Tile
        label="Largest location"
        value={busiest?.location}
        note={busiest ? `${formatCount(busiest.count)} people` : "no locations yet"}
      />
      <Tile label="Figures" value={summary && (summary.cached ? "Cached" : "Fresh")} note="at most a minute old" />
    </dl>
  );
}
