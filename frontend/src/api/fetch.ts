/**
 * The one door to the server. Every failure is one of:
 *
 *   ApiError
 *     ├─ status 0        the server was not reached (offline, DNS, aborted): try again later with the same client_id
 *     ├─ status 401      signed out: app/ shows the sign-in screen
 *     ├─ status 4xx      a refusal with a code and, for forms, messages per field
 *     └─ status 5xx      the server failed: the request may or may not have had its effect
 */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Record<string, string> = {},
    readonly body: unknown = null,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** True when the same request may be sent again without asking anybody. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === LOCKED || this.status === 429 || this.status >= 500;
  }
}

/** Nobody has been at this desk for a while: nothing is told before its owner shows who he is. */
export const LOCKED = 423;

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

let signedOutListener: (() => void) | null = null;

/** app/ asks to be told when any answer says that the session is over. */
export function onSignedOut(listener: () => void): void {
  signedOutListener = listener;
}

export function announceSignedOut(): void {
  signedOutListener?.();
}

let lockedListener: (() => void) | null = null;

/** app/ asks to be told when any answer says that the desk is locked. */
export function onLocked(listener: () => void): void {
  lockedListener = listener;
}

export function announceLocked(): void {
  lockedListener?.();
}

let proofAsker: (() => Promise<boolean>) | null = null;

/** app/ shows a dialog when the server wants to see once more who is there; what it resolves to: whether he has shown it. */
export function onProofAsked(asker: (() => Promise<boolean>) | null): void {
  proofAsker = asker;
}

/** Behind https only the name with the prefix is ours: another application of the same domain may have set the plain one. */
export function csrfToken(): string {
  const cookies = document.cookie;
  const ours = /(?:^|;\s*)__Host-csrftoken=([^;]+)/.exec(cookies);
  const found = ours ?? (location.protocol === "https:" ? null : /(?:^|;\s*)csrftoken=([^;]+)/.exec(cookies));
  return found?.[1] ? decodeURIComponent(found[1]) : "";
}

function readFields(body: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  if (body === null || typeof body !== "object") return fields;
  const { error, errors, detail } = body as Record<string, unknown>;
  if (error !== null && typeof error === "object" && "fields" in error) {
    for (const [name, text] of Object.entries((error as { fields: Record<string, unknown> }).fields ?? {}))
      fields[name] = Array.isArray(text) ? String(text[0]) : String(text);
  }
  // allauth: {"errors": [{"message", "code", "param"}]}
  if (Array.isArray(errors)) {
    for (const item of errors as { message?: string; param?: string }[]) {
      fields[item.param ?? ""] ??= item.message ?? "";
    }
  }
  // A request that did not match the schema: {"detail": [{"loc": [..., field], "msg"}]}
  if (Array.isArray(detail)) {
    for (const item of detail as { loc?: string[]; msg?: string }[]) fields[item.loc?.at(-1) ?? ""] = item.msg ?? "";
  }
  return fields;
}

async function toError(response: Response): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // A proxy's error page, not ours: the status is all we know.
  }
  const error = (body as { error?: { code?: string; message?: string } } | null)?.error;
  const fields = readFields(body);
  return new ApiError(
    response.status,
    error?.code ?? `http_${response.status}`,
    // Not the protocol's own words ("Service Unavailable"): the screen has some in the reader's language.
    error?.message ?? Object.values(fields)[0] ?? "",
    fields,
    body,
  );
}

export interface RequestOptions {
  body?: unknown;
  signal?: AbortSignal;
  /** Statuses that are an answer and not a failure (allauth says 401 to a sign-out that worked). */
  accept?: number[];
  /** It goes on when its page is closed. */
  keepalive?: boolean;
  /** Whoever asks has just shown who he is, and is not asked for it a second time. */
  isProved?: boolean;
}

export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  // The language of the screen, which the person chose, and not that of the browser: the server's words stand on it.
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      signal: options.signal,
      keepalive: options.keepalive,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw new ApiError(0, "unreachable", "unreachable");
  }
  if (!response.ok && !options.accept?.includes(response.status)) {
    const error = await toError(response);
    if (path.startsWith("/api/")) {
      if (error.status === 401 || (error.code === "factor_due" && path !== "/api/session")) signedOutListener?.();
      if (error.status === LOCKED) lockedListener?.();
      // The same again, once, when he has shown who he is.
      if (error.code === "prove_again" && !options.isProved && (await proofAsker?.())) return request<T>(method, path, { ...options, isProved: true });
    }
    throw error;
  }
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const get = <T>(path: string, signal?: AbortSignal) => request<T>("GET", path, { signal });
export const post = <T>(path: string, body?: unknown) => request<T>("POST", path, { body: body ?? {} });
export const put = <T>(path: string, body: unknown) => request<T>("PUT", path, { body });
export const remove = <T>(path: string) => request<T>("DELETE", path);
export const patch = <T>(path: string, body: unknown) => request<T>("PATCH", path, { body });

/** Builds a query string, leaving out what is empty; of a list each value, under the same name. */
export function query(values: Record<string, string | number | readonly string[] | null | undefined>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (Array.isArray(value)) for (const one of value as readonly string[]) parameters.append(name, one);
    else if (value !== null && value !== undefined && value !== "") parameters.set(name, String(value as string | number));
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}
