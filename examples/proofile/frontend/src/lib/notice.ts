import { Store } from "@/lib/store";

/** One short message about what the user just did, such as "Profile saved". */
export const notice = new Store("");
