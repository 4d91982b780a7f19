import type { ApiError } from "@/lib/api-error";

/** What could not be loaded. An unavailable service is the banner's matter, an ended session the login's. */
export function LoadError({ what, error }: { what: string; error?: ApiError }) {
  if (!error || error.unavailable || error.status === 401) return null;
  return (
    <p className="problem" role="alert">
      {`${what} could not be loaded. ${error.message}`}
    </p>
  );
}
