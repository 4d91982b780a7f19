"use client";

import Link from "next/link";
import { notFound } from "next/navigation";
import { useState } from "react";

import { LoadError } from "@/components/load-error";
import { Skeleton } from "@/components/skeleton";
import { api } from "@/lib/api";
import { notice } from "@/lib/notice";
import type { Profile, ProfileInput } from "@/lib/types";
import { useResource } from "@/lib/use-resource";

import { ProfileForm } from "../profile-form";
import { DeleteProfile } from "./delete-profile";
import { ProfileDetail } from "./profile-detail";

interface OpenProfileProps {
  profile: Profile;
  onSaved: (profile: Profile) => void;
}

function OpenProfile({ profile, onSaved }: OpenProfileProps) {
  const [editing, setEditing] = useState(false);
  const stop = () => {
    setEditing(false);
  };
  const save = async (input: ProfileInput) => {
    onSaved(await api<Profile>(`/api/profiles/${profile.id}`, { method: "PUT", body: input }));
    notice.set("Profile saved.");
    stop();
  };
  if (editing) {
    const cancel = (
      <button type="button" className="button quiet" onClick={stop}>
        Cancel
      </button>
    );
    return <ProfileForm profile={profile} save={save} cancel={cancel} />;
  }
  return (
    <>
      <ProfileDetail profile={profile} />
      <div className="actions">
        <button
          type="button"
          className="button"
          onClick={() => {
            setEditing(true);
          }}
        >
          Edit profile
        </button>
        <DeleteProfile profile={profile} />
      </div>
    </>
  );
}

export function ProfileView({ id }: { id: string }) {
  const { data, error, replace } = useResource<Profile>(`/api/profiles/${id}`);
  if (error?.status === 404) notFound();
  return (
    <>
      <Link href="/profiles" prefetch={false} className="text-link">
        ← All profiles
      </Link>
      <h1>{data?.full_name ?? "Profile"}</h1>
      <LoadError what="The profile" error={error} />
      <section className="card form-card" aria-label="Profile">
        {data ? <OpenProfile profile={data} onSaved={replace} /> : <Skeleton rows={4} />}
      </section>
    </>
  );
}
