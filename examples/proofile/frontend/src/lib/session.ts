import { Store } from "@/lib/store";
import type { User } from "@/lib/types";

export type Session = { status: "unknown" } | { status: "in"; user: User } | { status: "out" };

/** Who is signed in, as far as the browser knows. */
export const session = new Store<Session>({ status: "unknown" });
