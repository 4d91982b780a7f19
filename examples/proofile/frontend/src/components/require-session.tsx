"use client";

import { usePathname, useRouter } from "next/navigation";
import { useEffect, type ReactNode } from "react";

import { session } from "@/lib/session";
import { useStore } from "@/lib/use-store";

/** Sends to the login when the session turns out to have ended; the server has sent away those who never had one. */
export function RequireSession({ children }: { children: ReactNode }) {
  const { status } = useStore(session);
  const pathname = usePathname();
  const router = useRouter();
  useEffect(() => {
    if (status === "out") router.replace(`/login?next=${encodeURIComponent(pathname)}`);
  }, [status, pathname, router]);
  return status === "out" ? null : children;
}
