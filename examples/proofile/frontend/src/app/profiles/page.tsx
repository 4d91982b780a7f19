import type { Metadata } from "next";
import Link from "next/link";

import { RequireSession } from "@/components/require-session";
import { redirectVisitors } from "@/lib/server-session";

import { ProfileSearch } from "./profile-search";

export const metadata: Metadata = { title: "Profiles" };

export default async function ProfilesPage() {
  await redirectVisitors("/profiles");
  return (
    <RequireSession>
      <div className="page-head">
        <h1>Profiles</h1>
        <Link href="/profiles/new" prefetch={false} className="button">
          New profile
        </Link>
      </div>
      <ProfileSearch />
    </RequireSession>
  );
}
