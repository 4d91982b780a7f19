"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";

import { api } from "@/lib/api";
import { notice } from "@/lib/notice";
import type { Profile, ProfileInput } from "@/lib/types";

import { ProfileForm } from "../profile-form";

export function NewProfile() {
  const router = useRouter();
  const create = async (input: ProfileInput) => {
    const { id } = await api<Profile>("/api/profiles", { method: "POST", body: input });
    notice.set("Profile created.");
    router.push(`/profiles/${id}`);
  };
  const cancel = (
    <Link href="/profiles" prefetch={false} className="button quiet">
      Cancel
    </Link>
  );
  return (
    <section className="card form-card" aria-label="Profile form">
      <ProfileForm save={create} cancel={cancel} />
    </section>
  );
}
