"use client";

import { apiReachable } from "@/lib/api-status";
import { useStore } from "@/lib/use-store";

const retry = () => {
  window.location.reload();
};

export function ServiceBanner() {
  if (useStore(apiReachable)) return null;
  return (
    <div className="banner" role="alert">
      <p>
        <strong>The service is temporarily unavailable.</strong> What you see may be incomplete, and nothing can be saved.
      </p>
      <button type="button" className="button quiet" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
