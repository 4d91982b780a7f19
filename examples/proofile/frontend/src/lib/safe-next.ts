const HOME = "/dashboard";

/** Where to go after the login: a path of this site only, so that a link cannot lead elsewhere. */
export function safeNext(next: string | null | undefined): string {
  if (!next?.startsWith("/")) return HOME;
  const url = new URL(next, "http://self.invalid");
  return url.origin === "http://self.invalid" ? `${url.pathname}${url.search}` : HOME;
}
