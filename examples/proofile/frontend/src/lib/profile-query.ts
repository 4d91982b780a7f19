export interface ProfileQuery {
  q: string;
  page: number;
}

/** The search that an address asks for; a page that is no number is the first one. */
export function queryFrom(params: Pick<URLSearchParams, "get">): ProfileQuery {
  const page = Number(params.get("page") ?? "1");
  return { q: params.get("q") ?? "", page: Number.isInteger(page) && page > 0 ? page : 1 };
}

function parameters({ q, page }: ProfileQuery): string {
  const params = new URLSearchParams();
  if (q) params.set("q", q);
  if (page > 1) params.set("page", String(page));
  return params.size > 0 ? `?${params}` : "";
}

export const pagePath = (query: ProfileQuery): string => `/profiles${parameters(query)}`;

export const apiPath = (query: ProfileQuery): string => `/api/profiles${parameters(query)}`;
