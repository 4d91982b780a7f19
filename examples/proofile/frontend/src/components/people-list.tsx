import Link from "next/link";

import { AvailabilityBadge } from "@/components/availability-badge";
import { Avatar } from "@/components/avatar";
import type { ProfileCard } from "@/lib/types";

function Person({ profile }: { profile: ProfileCard }) {
  return (
    <Link href={`/profiles/${profile.id}`} prefetch={false} className="person">
      <Avatar id={profile.id} name={profile.full_name} />
      <span className="person-text">
        <span className="person-name">{profile.full_name}</span> <span className="person-headline">{profile.headline}</span>{" "}
        <span className="person-place">{profile.location}</span>
      </span>{" "}
      <AvailabilityBadge value={profile.availability} />
    </Link>
  );
}

export function PeopleList({ profiles, label }: { profiles: ProfileCard[]; label: string }) {
  return (
    <ul className="people" aria-label={label}>
      {profiles.map((profile) => (
        <li key={profile.id}>
          <Person profile={profile} />
        </li>
      ))}
    </ul>
  );
}
