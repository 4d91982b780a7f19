"use client";

import { useEffect } from "react";

/** The release variant `console-error` has to be caught by the smoke test's console check. */
export function ReleaseMarker({ variant }: { variant: string }) {
  useEffect(() => {
    if (variant === "console-error") console.error("ProoFile: the release variant console-error is running");
  }, [variant]);
  return null;
}
