"use client";

import type { ReleaseInfo } from "@/lib/types";
import { useResource } from "@/lib/use-resource";

export function SiteFooter() {
  const { data } = useResource<ReleaseInfo>("/api/version", true);
  return (
    <footer className="site-footer">
      <p>ProoFile, a directory of the people you work with.</p>
      <p>{data ? `Version ${data.version}, release ${data.release}, ${data.environment}` : "\u00a0"}</p>
    </footer>
  );
}
