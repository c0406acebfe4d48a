// What the box tells by itself. One stream for all tabs of a browser: a session
// may have two, so the tab that holds the lock listens and tells the others.
import { signal } from '@preact/signals';
import { askLogin, login } from './api';

export interface Live { calls: number; registered: number; extensions: number; bans: number; at_ms: number }
export interface Peer { name: string; there: boolean; since_ms: number }
export interface Changed { daemon: string; table: string; key: string; op: string; seq: number }

export const live = signal<Live | null>(null);
export const connected = signal(false);
export const now = signal(Date.now());

type Listener = (data: unknown) => void;
interface Told { name: string; data: unknown }

const EVENTS = ['live', 'call', 'binding', 'ban', 'changed', 'daemon', 'end'];
const listeners = new Map<string, Set<Listener>>();

setInterval(() => { now.value = Date.now(); }, 1000);

/** Calls fn at each event of that name ("again": the stream was lost and is back). Returns how to stop. */
export function on(name: string, fn: Listener): () => void {
	const set = listeners.get(name) ?? new Set();

	listeners.set(name, set.add(fn));
	return () => { set.delete(fn); };
}

function take({ name, data }: Told): void {
	if (name === 'live')
		live.value = data as Live;
	if (name === 'up') {
		if (data && !connected.value)
			take({ name: 'again', data: null });
		connected.value = !!data;
	}
	if (name === 'end')
		void askLogin().catch(() => { login.value = { signed_in: false }; });
	for (const fn of listeners.get(name) ?? [])
		fn(data);
}

/** Listens until the returned function is called. */
export function listen(): () => void {
	const channel = new BroadcastChannel('sallyport-live'), stop = new AbortController();
	let stream: EventSource | undefined, free: (() => void) | undefined;
	let retry: ReturnType<typeof setTimeout> | undefined;

	const tell = (what: Told) => { channel.postMessage(what); take(what); };

	function open(): void {
		stream = new EventSource('/api/v1/events');
		for (const name of EVENTS)
			stream.addEventListener(name, e => tell({ name, data: JSON.parse((e as MessageEvent<string>).data) }));
		stream.onopen = () => tell({ name: 'up', data: true });
		stream.onerror = () => {
			tell({ name: 'up', data: false });
			/* refused for good: the browser does not come back by itself */
			if (stream?.readyState === EventSource.CLOSED)
				retry = setTimeout(() => { void askLogin().then(l => { if (l.signed_in) open(); }, open); }, 3000);
		};
	}

	channel.onmessage = e => take(e.data as Told);
	navigator.locks.request('sallyport-live', { signal: stop.signal }, () =>
		new Promise<void>(done => { free = done; open(); })).catch(() => { /* we stopped before it was our turn */ });
	return () => {
		stop.abort();
		clearTimeout(retry);
		stream?.close();
		free?.();
		channel.close();
		connected.value = false;
	};
}
