import type { Metadata } from "next";

import { RequireSession } from "@/components/require-session";
import { redirectVisitors } from "@/lib/server-session";

import { NewProfile } from "./new-profile";

export const metadata: Metadata = { title: "New profile" };

export default async function NewProfilePage() {
  await redirectVisitors("/profiles/new");
  return (
    <RequireSession>
      <h1>New profile</h1>
      <NewProfile />
    </RequireSession>
  );
}
