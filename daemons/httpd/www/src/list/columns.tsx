// Columns and cells from the description of a table.
import type { Row } from '../api';
import { isMoney, type Field, type Form } from '../forms';
import { money } from '../money';
import { decimal, duration, enumText, number, t } from '../text';
import { Badge, Moment, Muted } from '../ui/bits';
import type { Column } from './useList';

/* names that people know by other words */
const WORDS = new Set(['service', 'kind']);
/* so long a text may wrap */
const LONG = 100;
const MONO = new Set(['prefix', 'address', 'extension', 'digits', 'host']);

/** One value in words; `none` is what a time of 0 means. */
export function Cell({ f, v, none }: { f: Field; v: Row[string] | undefined; none?: string }) {
	if (f.type === 'bool')
		return <Badge tone={v ? 'ok' : ''}>{t(v ? 'yes' : 'no')}</Badge>;
	if (f.unit === 'ms' && f.type === 'u64')
		return <Moment ms={Number(v)} none={none} />;
	if (f.unit === 's')
		return <span class="num">{duration(Number(v))}</span>;
	if (f.unit === 'us')
		return <span class="num">{t('unit.ms', { n: Math.round(Number(v) / 100) / 10 })}</span>;
	if (f.name.endsWith('_centi'))
		return v ? <span class="num">{decimal(Number(v) / 100, 2)}</span> : <Muted>–</Muted>;
	if (isMoney(f.name))
		return <span class="num">{money(Number(v ?? 0))}</span>;
	if (f.type === 'u32' || f.type === 'u64')
		return <span class="num">{number(Number(v ?? 0))}</span>;
	if (v === '' || v === undefined)
		return <Muted>–</Muted>;
	if (f.type === 'enum')
		return <>{enumText(String(v), f.name)}</>;
	if (f.of === 'service')
		return <>{String(v).split(';').map(s => enumText(s)).join(', ')}</>;
	if (f.type === 'list')
		return <span class="mono">{String(v).split(';').join(', ')}</span>;
	return <span class={f.format && MONO.has(f.format) ? 'mono' : ''}>
		{WORDS.has(f.name) ? enumText(String(v), f.name) : String(v)}
	</span>;
}

const sortValue = (f: Field) => (r: Row) => {
	const v = r[f.name];

	return typeof v === 'boolean' ? Number(v) : v ?? '';
};

/** What a time of 0 means to this field; the schema says it in its help. */
export const noneOf = (f: Field): string | undefined => /^0: (.*?)\.?$/.exec(f.help ?? '')?.[1];

/** The columns the schema lists; on a phone the first `narrow`. */
export function columnsOf(form: Form, narrow = 3): Column<Row>[] {
	return form.fields.filter(f => f.list).map((f, i) => ({
		id: f.name, label: f.label, value: sortValue(f), wide: i >= narrow, wrap: f.type === 'str' && (f.max ?? 0) >= LONG,
		cell: (r: Row) => <Cell f={f} v={r[f.name]} none={noneOf(f)} />,
	}));
}

/** Everything a search of such a row looks in. */
export const textOf = (form: Form) => (r: Row): string => form.fields.map(f => String(r[f.name] ?? '')).join(' ');
