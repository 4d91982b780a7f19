import { AvailabilityBadge } from "@/components/availability-badge";
import { Avatar } from "@/components/avatar";
import type { Profile } from "@/lib/types";

export function ProfileDetail({ profile }: { profile: Profile }) {
  return (
    <div className="detail">
      <div className="detail-head">
        <Avatar id={profile.id} name={profile.full_name} large />
        <div>
          <p className="detail-headline">{profile.headline}</p>
          <p className="muted">{profile.location || "No location given"}</p>
          <AvailabilityBadge value={profile.availability} />
        </div>
      </div>
      <h2>About</h2>
      <p className="bio">{profile.bio || "Nothing written yet."}</p>
    </div>
  );
}
