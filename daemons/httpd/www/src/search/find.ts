// What the search looks in: pages, settings by their titles and other words for
// them, rows of tables, addresses and numbers. It finds places, and changes nothing.
import { get, tablePath, type Row } from '../api';
import { forms, mayRead, type Form } from '../forms';
import { groupTitle, items, titleOf, type Item } from '../menu';
import { compare, hasText, t, type MsgId } from '../text';

export interface Hit {
	/** Of what kind it is, in words. */
	kind: string;
	title: string;
	detail: string;
	href: string;
	/** Besides title and detail. */
	words?: string;
}

/* so many are seen at a glance */
const MOST = 12;
/* whose rows people look for by name */
const TABLES = ['extension', 'trunk', 'dial_rule', 'inbound_rule', 'dial_plan', 'time_rule', 'pin_set', 'pin', 'credit', 'brake',
	'emergency', 'allowed_address', 'rejected', 'auto_defense', 'account'];
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){1,3}\.?|[0-9a-f]{0,4}:[0-9a-f:.]+)(\/\d{1,3})?$/i, NUMBER = /^\+?\d{3,}$/;

const other = (name: string | undefined): string => name && hasText(`find.${name}`) ? t(`find.${name}` as MsgId) : '';

function pages(all: readonly Item[]): Hit[] {
	return all.map(i => ({
		kind: t('find.page'), title: titleOf(i), detail: groupTitle(i.group), href: `#${i.path}`, words: other(i.table ?? i.records),
	}));
}

function settings(all: readonly Item[]): Hit[] {
	const seen = new Set<string>();

	return all.flatMap(i => {
		const form = forms.value[i.table ?? ''];

		if (!form || form.kind !== 'table' || seen.has(form.name))
			return [];
		seen.add(form.name);
		return form.fields.filter(f => !f.readonly && f.name !== form.key).map(f => ({
			kind: t('find.setting'), title: f.label, detail: titleOf(i), href: `#${i.path}`, words: f.help,
		}));
	});
}

const pathOf = (all: readonly Item[], table: string): string => all.find(i => i.table === table)?.path ?? '';

function rowsOf(form: Form, path: string, rows: readonly Row[]): Hit[] {
	const shown = form.fields.filter(f => f.list && f.name !== form.key && ['str', 'ref', 'list'].includes(f.type)), first = form.fields.find(f => f.list);

	return rows.map(r => {
		const title = String(r[form.kind === 'live' && first ? first.name : form.key]);

		return {
			kind: form.title, title, href: `#${path}?q=${encodeURIComponent(title)}`,
			detail: shown.map(f => String(r[f.name] ?? '')).filter(s => s && s !== title).slice(0, 3).join(' · '),
		};
	});
}

/** All that can be found by its words; a silent daemon's rows are missing. */
export async function everything(): Promise<Hit[]> {
	const all = items(), wanted = TABLES.filter(n => mayRead(n) && forms.value[n] && pathOf(all, n));
	const answers = await Promise.allSettled(wanted.map(n => get<{ rows: Row[] }>(tablePath(forms.value[n]!.owner, n))));
	const rows = answers.flatMap((a, i) => a.status === 'fulfilled' ? rowsOf(forms.value[wanted[i]!]!, pathOf(all, wanted[i]!), a.value.rows) : []);

	return [...pages(all), ...rows, ...settings(all)];
}

/** Where an address or a number may have left a trace. */
function traces(q: string): Hit[] {
	const all = items(), there = (path: string) => all.some(i => i.path === path), v = encodeURIComponent(q);
	const hit = (path: string, args: string, detail: MsgId): Hit[] => there(path)
		? [{ kind: t('find.trace'), title: q, detail: t(detail), href: `#${path}?${args}` }] : [];

	if (ADDRESS.test(q))
		return [...hit('/security/rejected', `q=${v}`, 'find.rejected.at'), ...hit('/security/allowed', `q=${v}`, 'find.allowed.at'),
			...hit('/reports/attacks', `source=${v}`, 'find.attacks.at')];
	return NUMBER.test(q) ? [...hit('/reports/calls', `callee=${v}`, 'find.calls.to'), ...hit('/reports/calls', `caller=${v}`, 'find.calls.by')] : [];
}

/** How well a hit fits; 0: not at all. */
function score(h: Hit, words: readonly string[]): number {
	const title = h.title.toLowerCase(), text = `${title} ${h.detail} ${h.kind} ${h.words ?? ''}`.toLowerCase();

	if (!words.every(w => text.includes(w)))
		return 0;
	const [w] = words as [string];

	return title === w ? 5 : title.startsWith(w) ? 4 : title.includes(w) ? 3 : h.words?.toLowerCase().includes(w) && h.kind === t('find.page') ? 3 : 1;
}

export function find(all: readonly Hit[], query: string): Hit[] {
	const q = query.trim().toLowerCase(), words = q.split(/\s+/).filter(Boolean);

	if (!words.length)
		return [];
	const hits = all.map((h, i) => ({ h, i, n: score(h, words) })).filter(x => x.n > 0)
		.sort((a, b) => b.n - a.n || a.i - b.i || compare(a.h.title, b.h.title));

	return [...hits.map(x => x.h).slice(0, MOST - 3), ...traces(q)].slice(0, MOST);
}
