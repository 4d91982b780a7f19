"use client";

import { useEffect } from "react";

import { watchVitals } from "@/lib/vitals-live";

export function VitalsReporter() {
  useEffect(() => {
    watchVitals(window.location.pathname);
  }, []);
  return null;
}
