// What records can be asked for: fields over the list, and the words in which the
// box is asked. They live in the address.
import { t, type MsgId } from '../../text';

export interface FilterField {
	id: string;
	label: MsgId;
	kind: 'text' | 'choice' | 'moment' | 'flag';
	/** Of a choice: values of an enum of the record, or the rows of a table. */
	of?: { field: string } | { owner: string; table: string };
	/** What the box is told. */
	word: (value: string) => string;
}

export interface Source {
	path: string;
	/** Which event brings new ones. */
	wake: string;
	filters: readonly FilterField[];
	/** The name of the argument that holds the words; none: it cannot be asked. */
	pages: boolean;
	totals?: string;
	/** A field with an address that a person may want to know the owner of. */
	whose?: string;
	/** All that a filter finds, as a file that the box makes while it is read. */
	file?: string;
}

const is = (field: string) => (v: string): string => `${field}=${v}`;
const has = (field: string) => (v: string): string => `${field}~${v}`;
const moment = (field: string) => (v: string): string => `${field}=${new Date(v).getTime()}`;

const FROM_TO = (from: string, to: string): FilterField[] => [
	{ id: 'from', label: 'filter.from', kind: 'moment', word: moment(from) },
	{ id: 'to', label: 'filter.to', kind: 'moment', word: moment(to) },
];

export const SOURCES: Readonly<Record<string, Source>> = {
	cdr: {
		path: '/methods/routed/Records', wake: 'call', pages: true, totals: '/methods/routed/Totals', file: 'cdr.csv',
		filters: [
			{ id: 'caller', label: 'filter.caller', kind: 'text', word: has('caller') },
			{ id: 'callee', label: 'filter.callee', kind: 'text', word: has('callee') },
			{ id: 'direction', label: 'filter.direction', kind: 'choice', of: { field: 'direction' }, word: is('direction') },
			{ id: 'result', label: 'filter.result', kind: 'choice', of: { field: 'disposition' }, word: is('disposition') },
			{ id: 'trunk', label: 'filter.trunk', kind: 'choice', of: { owner: 'sipd', table: 'trunk' }, word: is('trunk') },
			{ id: 'rule', label: 'filter.rule', kind: 'choice', of: { owner: 'routed', table: 'dial_rule' }, word: is('dial_rule') },
			{ id: 'holder', label: 'filter.holder', kind: 'text', word: has('pin_holder') },
			...FROM_TO('from', 'to'),
			{ id: 'cost', label: 'filter.cost', kind: 'flag', word: () => 'cost_milli>0' },
		],
	},
	incident: {
		path: '/methods/guardd/Incidents', wake: 'ban', pages: true, file: 'incident.csv', whose: 'source',
		filters: [
			{ id: 'kind', label: 'filter.kind', kind: 'choice', of: { field: 'kind' }, word: is('kind') },
			{ id: 'level', label: 'filter.level', kind: 'choice', of: { field: 'level' }, word: is('level') },
			{ id: 'source', label: 'filter.source', kind: 'text', word: is('source') },
			{ id: 'service', label: 'filter.service', kind: 'text', word: is('service') },
			{ id: 'text', label: 'filter.text', kind: 'text', word: is('text') },
			...FROM_TO('since_ms', 'until_ms'),
		],
	},
	audit: { path: '/audit', wake: '', pages: false, filters: [] },
};

/** The words for what is chosen in the address. */
export function wordsOf(source: Source, query: URLSearchParams): string[] {
	return source.filters.flatMap(f => {
		const v = (query.get(f.id) ?? '').replace(/[;\r\n]/g, ' ').trim();

		return v ? [f.word(v)] : [];
	});
}

export function pathOf(source: Source, words: readonly string[], limit: number, before = ''): string {
	const all = before ? [...words, `before=${before}`] : words;

	return `${source.path}?${new URLSearchParams(source.pages ? { filter: all.join(';'), limit: String(limit) } : { limit: String(limit) })}`;
}

/** All of them, newest first. */
export const fileOf = (file: string, words: readonly string[]): string => `/api/v1/exports/${file}?${new URLSearchParams({ filter: words.join(';') })}`;

export const chosen = (source: Source, query: URLSearchParams): number => source.filters.filter(f => query.get(f.id)).length;
export const cleared = (source: Source): Record<string, string> => Object.fromEntries(source.filters.map(f => [f.id, '']));
export const filterLabel = (f: FilterField): string => t(f.label);
