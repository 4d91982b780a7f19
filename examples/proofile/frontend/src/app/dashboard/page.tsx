import type { Metadata } from "next";

import { RequireSession } from "@/components/require-session";
import { redirectVisitors } from "@/lib/server-session";

import { Dashboard } from "./dashboard";

export const metadata: Metadata = { title: "Dashboard" };

export default async function DashboardPage() {
  await redirectVisitors("/dashboard");
  return (
    <RequireSession>
      <h1>Dashboard</h1>
      <Dashboard />
    </RequireSession>
  );
}
