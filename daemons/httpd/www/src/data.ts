// Rows of the box that stay fresh: read once, read again when it says so.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { asError, get, tablePath, type ApiError } from './api';
import { mayRead } from './forms';
import { on, type Changed } from './live';

const SETTLE_MS = 120;
/* what tells of no change is read again so often while somebody looks */
const POLL_MS = 2000;

export interface Data<T> {
	rows: T[];
	seq: number;
	/** Something was read; false: still loading. */
	ready: boolean;
	/** When the rows were read, so that old ones can say so. */
	at: number;
	error?: ApiError;
	reload: () => void;
}

/** A list, or the one row that some methods answer. */
type Answer<T> = { rows: T[]; seq?: number } | (T & { rows?: undefined; seq?: undefined });

/** `wake` says which events mean: read again, once they have settled. */
export function useRows<T>(path: string | null, wake: (name: string, data: unknown) => boolean,
	settle_ms = SETTLE_MS): Data<T> {
	const [state, setState] = useState<Omit<Data<T>, 'reload'>>({ rows: [], seq: 0, ready: false, at: 0 });
	const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined), turn = useRef(0);
	const test = useRef(wake);

	test.current = wake;
	const reload = useCallback(() => {
		const mine = ++turn.current;

		if (path === null)
			return;
		void get<Answer<T>>(path).then(a => {
			if (mine === turn.current)
				setState({ rows: a.rows ?? [a], seq: a.seq ?? 0, ready: true, at: Date.now() });
		}, e => {
			if (mine === turn.current)
				setState(s => ({ ...s, error: asError(e), ready: true }));
		});
	}, [path]);

	useEffect(() => {
		/* a burst of events is one reading */
		const soon = () => { timer.current ??= setTimeout(() => { timer.current = undefined; reload(); }, settle_ms); };
		const names = ['again', 'call', 'binding', 'ban', 'changed', 'daemon', 'live'];
		const stops = names.map(n => on(n, d => { if (n === 'again' || test.current(n, d)) soon(); }));

		reload();
		return () => {
			turn.current++;
			clearTimeout(timer.current);
			timer.current = undefined;
			for (const stop of stops)
				stop();
		};
	}, [reload]);
	return { ...state, reload };
}

/** A table (nothing, where this session may not read it), fresh after every change of it and after the other events named. */
export const useTable = <T>(owner: string, table: string, ...also: string[]): Data<T> =>
	useRows<T>(mayRead(table) ? tablePath(owner, table) : null, (name, d) => also.includes(name)
		|| (name === 'changed' && (d as Changed).table === table)
		|| (name === 'daemon' && (d as { name: string }).name === owner));

/** Rows that the box fills itself and says nothing about: read again and again while they are looked at. */
export const useLive = <T>(path: string | null): Data<T> =>
	useRows<T>(path, name => name === 'live' && !document.hidden, POLL_MS);

export const useLiveTable = <T>(owner: string, table: string): Data<T> =>
	useLive<T>(mayRead(table) ? tablePath(owner, table) : null);
