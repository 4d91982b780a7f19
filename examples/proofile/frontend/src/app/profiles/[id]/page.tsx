import type { Metadata } from "next";
import { notFound } from "next/navigation";

import { RequireSession } from "@/components/require-session";
import { redirectVisitors } from "@/lib/server-session";

import { ProfileView } from "./profile-view";

export const metadata: Metadata = { title: "Profile" };

export default async function ProfilePage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  if (!/^[1-9]\d{0,9}$/.test(id)) notFound();
  await redirectVisitors(`/profiles/${id}`);
  return (
    <RequireSession>
      <ProfileView key={id} id={id} />
    </RequireSession>
  );
}
