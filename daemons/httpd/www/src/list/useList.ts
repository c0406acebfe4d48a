// Search, filter, order and page of a list. They live in the address, so that
// a link shows the same view.
import { query, setQuery } from '../route';
import { compare } from '../text';
import type { ComponentChildren } from 'preact';

export interface Column<T> {
	id: string;
	label: string;
	cell: (row: T) => ComponentChildren;
	/** What the column sorts by; without it, it does not. */
	value?: (row: T) => string | number;
	/** Not on a phone. */
	wide?: boolean;
	/** Figures stand at the right. */
	right?: boolean;
	/** Long text may wrap. */
	wrap?: boolean;
}

export interface Filter<T> { id: string; label: string; test: (row: T) => boolean }

export const SIZES = ['50', '100', 'all'] as const;

export interface Shown<T> {
	all: T[];
	rows: T[];
	first: number;
	page: number;
	pages: number;
	sort: string;
	down: boolean;
}

/** `sort` is the column the list begins with; "" keeps the rows' own order. */
export function useList<T>(rows: readonly T[], columns: readonly Column<T>[], search: (row: T) => string, sort: string,
	filters: readonly Filter<T>[] = [], whole = false): Shown<T> {
	const q = whole ? new URLSearchParams('rows=all') : query.value, words = (q.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
	const filter = filters.find(f => f.id === q.get('show')), by = q.get('sort') ?? sort, down = q.get('dir') === 'down';
	const column = columns.find(c => c.id === by), size = q.get('rows') === 'all' ? Infinity : Number(q.get('rows')) || 50;
	const all = rows.filter(r => {
		const text = words.length ? search(r).toLowerCase() : '';

		return (!filter || filter.test(r)) && words.every(w => text.includes(w));
	});

	if (column?.value) {
		const value = column.value;

		all.sort((a, b) => {
			const x = value(a), y = value(b);
			const order = typeof x === 'number' && typeof y === 'number' ? x - y : compare(String(x), String(y));

			return down ? -order : order;
		});
	}
	const pages = Math.max(1, Math.ceil(all.length / size));
	const page = Math.min(Math.max(1, Number(q.get('page')) || 1), pages);
	const first = size === Infinity ? 0 : (page - 1) * size;

	return { all, rows: all.slice(first, first + size), first, page, pages, sort: by, down };
}

/** A click on a column's head: it, then the other way round. */
export function sortBy(id: string, s: { sort: string; down: boolean }): void {
	setQuery({ sort: id, dir: s.sort === id && !s.down ? 'down' : '', page: '' });
}
