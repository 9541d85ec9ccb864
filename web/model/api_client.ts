import { object_of } from './json.ts';
import type { KeyGate } from './key_gate.ts';

// Requests to /v1. GET: what is unchanged comes from memory by its ETag, what fails for a moment is
// tried again, and what nobody needs any more is given up by its signal. What changes something is
// sent once: whether it was done is not known when it fails, and it might be done twice. A request
// that is refused for want of a key waits for one, and is sent again with it.

export class ApiError extends Error {
  readonly status: number;
  readonly errc: number | null;
  readonly field: string | null; // what the service did not like
  constructor(status: number, title: string, errc: number | null, field: string | null = null) {
    super(title);
    this.status = status;
    this.errc = errc;
    this.field = field;
  }
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
export type Query = Readonly<Record<string, string | number>>;

export type ApiClientOptions = {
  readonly base: string;
  readonly fetch: Fetch;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number; // spreads clients that failed together
  readonly on_result?: (is_reached: boolean) => void;
  readonly keys?: Pick<KeyGate, 'key' | 'ready' | 'refused'>;
};

// Scopes of a key that a screen may lack, and what it lacks with them.
export type Scope = 'control' | 'lab';
const kScopeTexts: Readonly<Record<Scope, string>> = {
  control: 'Your key does not allow to steer the clock: it lacks the scope control.',
  lab: 'Your key does not allow experiments: it lacks the scope lab.',
};
const kNotAllowed = 411; // errc: the key lacks the scope

export function words_of(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// What went wrong with a request that needs the scope, in a sentence.
export function refusal_text(error: unknown, scope: Scope): string {
  const is_scope = error instanceof ApiError && error.status === 403 && error.errc === kNotAllowed;
  return is_scope ? kScopeTexts[scope] : words_of(error);
}

const kTries = 4;
const kFirstDelayMs = 300;
const kRememberedMax = 64;

export function is_abort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('given up', 'AbortError'));
    }, { once: true });
  });
}

async function problem_of(response: Response): Promise<ApiError> {
  try {
    const body = object_of(await response.json(), 'problem');
    const title = typeof body['detail'] === 'string' ? body['detail'] : body['title'];
    const errc = typeof body['errc'] === 'number' ? body['errc'] : null;
    const field = typeof body['field'] === 'string' ? body['field'] : null;
    return new ApiError(response.status, String(title ?? response.statusText), errc, field);
  } catch {
    return new ApiError(response.status, response.statusText, null);
  }
}

export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #remembered = new Map<string, { etag: string; body: unknown }>();

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  async json(path: string, query: Query, signal?: AbortSignal): Promise<unknown> {
    const url = this.url(path, query);
    const known = this.#remembered.get(url);
    const response = await this.#get(url, known?.etag, signal);
    if (response.status === 304 && known !== undefined) return known.body;
    const body: unknown = await response.json();
    const etag = response.headers.get('etag');
    this.#remembered.delete(url);
    if (etag !== null) this.#remembered.set(url, { etag, body });
    const oldest = this.#remembered.keys().next().value;
    if (this.#remembered.size > kRememberedMax && oldest !== undefined) {
      this.#remembered.delete(oldest);
    }
    return body;
  }

  async send(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.headers = { 'Content-Type': 'application/json' };
      init.body = JSON.stringify(body);
    }
    try {
      const response = await this.#fetch(this.url(path, {}), init);
      if (!response.ok) throw await problem_of(response);
      const text = await response.text();
      return text === '' ? null : JSON.parse(text);
    } catch (error) {
      if (!(error instanceof ApiError)) this.#options.on_result?.(false);
      throw error;
    }
  }

  // null: nothing is there (404), or it is still what `etag` names (304).
  async bytes(
    path: string, query: Query, etag?: string, signal?: AbortSignal,
  ): Promise<{ bytes: ArrayBuffer; etag: string | null } | null> {
    try {
      const response = await this.#get(this.url(path, query), etag, signal);
      if (response.status === 304) return null;
      return { bytes: await response.arrayBuffer(), etag: response.headers.get('etag') };
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  url(path: string, query: Query): string {
    const text = new URLSearchParams(
      Object.entries(query).map(([name, value]) => [name, String(value)])).toString();
    return `${this.#options.base}${path}${text === '' ? '' : `?${text}`}`;
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { keys } = this.#options;
    for (;;) {
      await keys?.ready(init.signal ?? undefined);
      const key = keys?.key ?? null;
      const headers = { ...init.headers as Record<string, string> | undefined,
        ...(key === null ? {} : { Authorization: `Bearer ${key}` }) };
      const response = await this.#options.fetch(url, { ...init, headers });
      this.#options.on_result?.(response.status < 500);
      if (response.status !== 401 || keys === undefined) return response;
      keys.refused(key);
    }
  }

  async #get(url: string, etag: string | undefined, signal?: AbortSignal): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const failure = await this.#attempt(url, etag, signal);
      if (failure instanceof Response) return failure;
      if (attempt === kTries || !failure.is_passing) throw failure.error;
      const delay = kFirstDelayMs * 2 ** (attempt - 1) * (0.5 + this.#options.random());
      await this.#options.sleep(delay, signal);
    }
  }

  async #attempt(
    url: string, etag: string | undefined, signal?: AbortSignal,
  ): Promise<Response | { error: unknown; is_passing: boolean }> {
    try {
      const init: RequestInit = etag === undefined ? {} : { headers: { 'If-None-Match': etag } };
      if (signal !== undefined) init.signal = signal;
      const response = await this.#fetch(url, init);
      if (response.ok || response.status === 304) return response;
      const is_passing = response.status >= 500 || response.status === 429;
      return { error: await problem_of(response), is_passing };
    } catch (error) {
      if (is_abort(error)) throw error;
      this.#options.on_result?.(false);
      return { error, is_passing: true };
    }
  }
}
