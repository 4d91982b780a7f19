"use client";

import Link from "next/link";

import { LoadError } from "@/components/load-error";
import { PeopleList } from "@/components/people-list";
import { Skeleton } from "@/components/skeleton";
import type { DashboardSummary } from "@/lib/types";
import { useResource } from "@/lib/use-resource";

import { LocationPanel } from "./location-panel";
import { Tiles } from "./tiles";

export function Dashboard() {
  const { data, error } = useResource<DashboardSummary>("/api/dashboard/summary");
  return (
    <>
      <LoadError what="The figures" error={error} />
      <Tiles summary={data} />
      <div className="columns">
        <LocationPanel places={data?.by_location} />
        <section className="card" aria-labelledby="recent-title">
          <div className="card-head">
            <h2 id="recent-title">Recent profiles</h2>
            <Link href="/profiles" prefetch={false} className="text-link">
              All profiles
            </Link>
          </div>
          {data ? <PeopleList profiles={data.recent} label="Recent profiles" /> : <Skeleton rows={5} />}
        </section>
      </div>
    </>
  );
}
