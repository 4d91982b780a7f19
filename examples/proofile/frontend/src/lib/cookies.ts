/** The value of a cookie that scripts may read, or undefined. */
export function readCookie(name: string, cookies: string = document.cookie): string | undefined {
  const prefix = `${name}=`;
  const pair = cookies.split("; ").find((entry) => entry.startsWith(prefix));
  return pair === undefined ? undefined : decodeURIComponent(pair.slice(prefix.length));
}
