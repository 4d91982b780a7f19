import { connect, createServer, type Server } from "node:net";

/** Reads `3000=frontend:3000,8000=backend:8000`: local port, then the host and port that answer there. */
export function parseForwards(text: string): { port: number; host: string; target: number }[] {
  return text.split(",").filter(Boolean).map((entry) => {
    const match = /^(\d+)=([^:=]+):(\d+)$/.exec(entry.trim());
    if (!match) throw new Error(`E2E_FORWARD: expected PORT=HOST:PORT, got "${entry}"`);
    return { port: Number(match[1]), host: match[2] ?? "", target: Number(match[3]) };
  });
}

/**
 * Brings the application to localhost of a container with a network of its own, where its pages, cookies and
 * CORS origins expect it. On the host's network Chromium drops requests (ERR_NETWORK_CHANGED) whenever any
 * container starts or stops.
 */
export async function openForwards(text: string): Promise<() => void> {
  const servers = await Promise.all(
    parseForwards(text).map(
      ({ port, host, target }) =>
        new Promise<Server>((resolve, reject) => {
          const server = createServer((near) => {
            const far = connect(target, host);
            near.on("error", () => far.destroy());
            far.on("error", () => near.destroy());
            near.pipe(far).pipe(near);
          });
          server.on("error", reject);
          server.listen(port, "127.0.0.1", () => {
            resolve(server);
          });
        }),
    ),
  );
  return () => {
    for (const server of servers) server.close();
  };
}
