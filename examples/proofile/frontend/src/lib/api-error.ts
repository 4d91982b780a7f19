export type FieldErrors = Record<string, string>;

/** An answer of the API other than 2xx; status 0 when there was no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fields: FieldErrors = {},
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** Nobody is there, or only a gateway, or a dependency that everything rests on is away. */
  get unavailable(): boolean {
    return [0, 502, 503, 504].includes(this.status);
  }
}

interface ErrorBody {
  detail?: unknown;
  errors?: { field: string; message: string }[];
}

/** Reads the API's error body `{detail, errors?: [{field, message}]}`; anything else gets a general message. */
export function errorFromBody(status: number, body: unknown): ApiError {
  const { detail, errors } = (body ?? {}) as ErrorBody;
  const message = typeof detail === "string" ? detail : `The request failed (${status}).`;
  const fields = Object.fromEntries((errors ?? []).map((error) => [error.field, error.message]));
  return new ApiError(status, message, fields);
}
