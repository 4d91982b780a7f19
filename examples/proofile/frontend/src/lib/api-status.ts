import { Store } from "@/lib/store";

/** Whether the API answered the last request. */
export const apiReachable = new Store(true);

export const reportReachable = () => {
  apiReachable.set(true);
};

export const reportUnreachable = () => {
  apiReachable.set(false);
};
