import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** False until React has taken over the page: a control that needs it should not invite a click before. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
