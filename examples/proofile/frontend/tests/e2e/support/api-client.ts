import { request, type APIRequestContext, type APIResponse } from "@playwright/test";

import { API_URL, EMAIL, password, PREFIX, STATE_FILE } from "./env";

export interface Profile {
  id: number;
  full_name: string;
  headline: string;
  location: string;
  bio: string;
}

export interface ProfilePage {
  items: Profile[];
  total: number;
  page: number;
  pages: number;
}

/** Logs in once and keeps the cookies for every test. */
export async function login(): Promise<void> {
  const context = await request.newContext({ baseURL: API_URL });
  const response = await context.post("/api/auth/login", { data: { email: EMAIL, password: password() } });
  if (!response.ok()) throw new Error(`The login of ${EMAIL} at ${API_URL} was answered with ${response.status()}`);
  await context.storageState({ path: STATE_FILE });
  await context.dispose();
}

/** The API as the logged-in user, with the CSRF token on every write. */
export class ApiClient {
  private constructor(
    readonly context: APIRequestContext,
    readonly token: string,
  ) {}

  static async open(): Promise<ApiClient> {
    const context = await request.newContext({ baseURL: API_URL, storageState: STATE_FILE });
    const { cookies } = await context.storageState();
    return new ApiClient(context, cookies.find((cookie) => cookie.name === "csrf_token")?.value ?? "");
  }

  close = (): Promise<void> => this.context.dispose();

  get = (path: string): Promise<APIResponse> => this.context.get(path);

  send = (method: "POST" | "PUT" | "DELETE", path: string, data?: unknown): Promise<APIResponse> =>
    this.context.fetch(path, { method, data, headers: { "X-CSRF-Token": this.token } });

  async search(q: string, page = 1): Promise<ProfilePage> {
    return (await this.get(`/api/profiles?q=${encodeURIComponent(q)}&page=${page}`)).json() as Promise<ProfilePage>;
  }

  async createProfile(fields: Partial<Profile> = {}): Promise<Profile> {
    const data = { headline: "Test engineer", location: "Testville", bio: "Made by a test.", ...fields };
    const response = await this.send("POST", "/api/profiles", { full_name: uniqueName(), ...data });
    if (response.status() !== 201) throw new Error(`A profile could not be made: ${response.status()}`);
    return response.json() as Promise<Profile>;
  }

  async deleteProfile(id: number): Promise<void> {
    const response = await this.send("DELETE", `/api/profiles/${id}`);
    if (![204, 404].includes(response.status())) throw new Error(`Profile ${id} was not deleted: ${response.status()}`);
  }

  /** Deletes what the suite has made, in this run or in one that was killed. */
  async sweep(): Promise<void> {
    for (;;) {
      const mine = (await this.search(PREFIX)).items.filter((profile) => profile.full_name.startsWith(PREFIX));
      if (mine.length === 0) return;
      for (const { id } of mine) await this.deleteProfile(id);
    }
  }
}

export const uniqueName = (): string => `${PREFIX}${crypto.randomUUID().slice(0, 13)}`;
