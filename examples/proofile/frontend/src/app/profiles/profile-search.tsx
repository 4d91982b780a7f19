"use client";

import { useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";

import { LoadError } from "@/components/load-error";
import { PeopleList } from "@/components/people-list";
import { Skeleton } from "@/components/skeleton";
import { plural } from "@/lib/format";
import { apiPath, pagePath, queryFrom } from "@/lib/profile-query";
import type { ProfilePage } from "@/lib/types";
import { useHydrated } from "@/lib/use-hydrated";
import { useResource } from "@/lib/use-resource";

import { Pager } from "./pager";

const TYPING_MS = 250;

/** The search box follows the keyboard, the address follows the search box a moment later. */
function SearchBox({ q }: { q: string }) {
  const [text, setText] = useState(q);
  const hydrated = useHydrated();
  useEffect(() => {
    if (text.trim() === q) return;
    const timer = setTimeout(() => {
      window.history.replaceState(null, "", pagePath({ q: text.trim(), page: 1 }));
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text, q]);
  return (
    <search className="field search-field">
      <label htmlFor="search">Search profiles</label>
      <input
        id="search"
        type="search"
        value={text}
        maxLength={100}
        disabled={!hydrated}
        placeholder="Name, headline or place"
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
    </search>
  );
}

export function ProfileSearch() {
  const query = queryFrom(useSearchParams());
  const { data, error, loading } = useResource<ProfilePage>(apiPath(query));
  return (
    <>
      <SearchBox q={query.q} />
      <LoadError what="The profiles" error={error} />
      <p role="status" className="muted">
        {data && !loading ? `${plural(data.total, "profile")} found` : "Searching…"}
      </p>
      <div className="card list-card" aria-busy={loading}>
        {data ? <PeopleList profiles={data.items} label="Profiles" /> : <Skeleton rows={10} />}
      </div>
      {data && <Pager query={query} pages={data.pages} />}
    </>
  );
}
