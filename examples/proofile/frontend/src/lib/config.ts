/** Where the browser finds the API. Baked in at build time. */
export const API_URL = process.env.NEXT_PUBLIC_API_URL ?? "http://localhost:8000";
