import { cookies } from "next/headers";
import { redirect } from "next/navigation";

/** Whether the browser seems to be signed in; only the API knows. */
export async function seemsSignedIn(): Promise<boolean> {
  return (await cookies()).has("csrf_token");
}

/** Sends those who cannot be signed in to the login, before anything is drawn. */
export async function redirectVisitors(path: string): Promise<void> {
  if (!(await seemsSignedIn())) redirect(`/login?next=${encodeURIComponent(path)}`);
}
