import { useEffect, useState } from "react";

import { api } from "@/lib/api";
import type { ApiError } from "@/lib/api-error";

interface Settled<T> {
  path: string;
  data?: T;
  error?: ApiError;
}

export interface Resource<T> {
  /** The newest answer; while another path loads, still the one before it. */
  data?: T;
  error?: ApiError;
  loading: boolean;
  replace: (data: T) => void;
}

/** Reads `path` from the API. An answer that comes after the path has changed is dropped. */
export function useResource<T>(path: string, optional = false): Resource<T> {
  const [settled, setSettled] = useState<Settled<T>>();
  useEffect(() => {
    let wanted = true;
    api<T>(path, { optional }).then(
      (data) => {
        if (wanted) setSettled({ path, data });
      },
      (error: ApiError) => {
        if (wanted) setSettled({ path, error });
      },
    );
    return () => {
      wanted = false;
    };
  }, [path, optional]);
  const loading = settled?.path !== path;
  return {
    data: settled?.data,
    error: loading ? undefined : settled.error,
    loading,
    replace: (data) => {
      setSettled({ path, data });
    },
  };
}
