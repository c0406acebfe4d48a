// The JSON API of httpd. Whoever calls gets the answer or an ApiError.
import { signal } from '@preact/signals';
import { t } from './text';

export interface Login {
	signed_in: boolean;
	account?: string;
	role?: 'admin' | 'reader' | 'operator' | 'extension';
	must_change?: boolean;
	csrf?: string;
	idle_s?: number;
	ends_ms?: number;
	/** Where the box sees us. */
	source?: string;
}

/** null: not asked yet. */
export const login = signal<Login | null>(null);

interface Refusal {
	error: string;
	message?: string;
	field?: string;
	row?: number;
	daemon?: string;
}

/** The daemons write half sentences for their logs; people read whole ones. */
function sentence(s: string): string {
	return s.charAt(0).toUpperCase() + s.slice(1) + (/[.!?]$/.test(s) ? '' : '.');
}

export class ApiError extends Error {
	status: number;
	code: string;
	field?: string;
	row?: number;
	daemon?: string;

	constructor(status: number, body: Refusal) {
		super(body.message ? sentence(body.message) : t('error.plain', { what: body.error }));
		this.status = status;
		this.code = body.error;
		this.field = body.field;
		this.row = body.row;
		this.daemon = body.daemon;
	}
}

export const asError = (e: unknown): ApiError => e instanceof ApiError ? e
	: new ApiError(0, { error: 'Page', message: e instanceof Error ? e.message : String(e) });

async function refusal(r: Response): Promise<ApiError> {
	try {
		return new ApiError(r.status, (await r.json()) as Refusal);
	} catch {
		return new ApiError(r.status, { error: String(r.status) });
	}
}

async function send(method: string, path: string, body: unknown, seq?: number): Promise<Response> {
	const headers: Record<string, string> = {};

	if (method !== 'GET') {
		headers['Content-Type'] = 'application/json';
		headers['X-CSRF-Token'] = login.value?.csrf ?? '';
	}
	if (seq)
		headers['If-Match'] = `"${seq}"`;
	try {
		return await fetch(`/api/v1${path}`, {
			method, headers, cache: 'no-store', credentials: 'same-origin',
			body: method === 'GET' || method === 'DELETE' ? undefined : JSON.stringify(body ?? {}),
		});
	} catch {
		throw new ApiError(0, { error: 'Offline', message: t('error.offline') });
	}
}

/** Asks; `seq` becomes If-Match. An ended session leads to the sign-in page. */
export async function api<T>(method: string, path: string, body?: unknown, seq?: number): Promise<T> {
	const r = await send(method, path, body, seq);

	if (r.ok)
		return (r.status === 204 ? null : await r.json()) as T;
	const e = await refusal(r);

	if (e.code === 'SignIn')
		login.value = { signed_in: false };
	else if (e.code === 'MustChange')
		await askLogin();
	throw e;
}

export const get = <T>(path: string): Promise<T> => api<T>('GET', path);

export async function askLogin(): Promise<Login> {
	login.value = await get<Login>('/session');
	return login.value;
}

export const isAdmin = (): boolean => login.value?.role === 'admin';

// --- tables ---

export type Row = Record<string, string | number | boolean>;
export interface Saved { seq: number; key: string; made?: Record<string, string> }
export interface SavedMany { seq: number; made: Record<string, Record<string, string>> }
export interface Op { op: 'create' | 'put' | 'delete'; key: string; row?: Row }

export const tablePath = (owner: string, table: string, key?: string): string =>
	`/tables/${owner}/${table}${key === undefined ? '' : `/${encodeURIComponent(key)}`}`;

export const applyRows = (owner: string, table: string, rows: Op[]): Promise<SavedMany> =>
	api('POST', `${tablePath(owner, table)}/_apply`, { rows });
