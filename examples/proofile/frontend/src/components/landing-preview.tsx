import { AvailabilityBadge } from "@/components/availability-badge";
import { Avatar } from "@/components/avatar";
import type { ProfileCard } from "@/lib/types";

const SAMPLES: ProfileCard[] = [
  { id: 1, full_name: "Mira Sandoval", headline: "Product designer", location: "Lisbon", availability: "open" },
  { id: 2, full_name: "Jonas Weber", headline: "Site reliability engineer", location: "Berlin", availability: "busy" },
  { id: 3, full_name: "Amara Okafor", headline: "Data scientist", location: "Lagos", availability: "open" },
];

/** A picture of the product, for the eye only. */
export function LandingPreview() {
  return (
    <div className="preview card" aria-hidden="true">
      {SAMPLES.map((sample) => (
        <div key={sample.id} className="person">
          <Avatar id={sample.id} name={sample.full_name} />
          <span className="person-text">
            <span className="person-name">{sample.full_name}</span>
            <span className="person-headline">{sample.headline}</span>
            <span className="person-place">{sample.location}</span>
          </span>
          <AvailabilityBadge value={sample.availability} />
        </div>
      ))}
    </div>
  );
}
