// Rows as a form edits them (texts and switches), and back.
import type { Row } from '../api';
import { isMoney, type Field, type Form } from '../forms';
import { moneyText, readMoney } from '../money';
import { t } from '../text';

export type Edit = Record<string, string | boolean>;
export type Errors = Record<string, string>;

const pad = (n: number) => String(n).padStart(2, '0');

/** A moment as <input type=datetime-local> wants it: our own clock. */
export function localTime(ms: number): string {
	const d = new Date(ms);

	return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}T${pad(d.getHours())}:${pad(d.getMinutes())}`;
}

export const isMoment = (f: Field): boolean => f.type === 'u64' && f.unit === 'ms';
export const isChoice = (f: Field): boolean => f.type === 'list' && f.of === 'service';

/** Rows of another table, in an order that counts. */
export const isNames = (f: Field): boolean => f.type === 'list' && !!f.table;

function toEdit(f: Field, v: Row[string] | undefined): string | boolean {
	if (f.type === 'bool')
		return v === true;
	if (isMoment(f))
		return v ? localTime(Number(v)) : '';
	if (isMoney(f.name))
		return v ? moneyText(Number(v)) : '';
	if (f.type === 'list' && !isChoice(f))
		return String(v ?? '').split(';').join('\n');
	return String(v ?? '');
}

/** What a form starts with: the row, or the defaults of a new one. */
export function editOf(form: Form, row?: Row): Edit {
	return Object.fromEntries(form.fields.filter(f => !f.readonly)
		.map(f => [f.name, toEdit(f, row ? row[f.name] : f.default)]));
}

function fromEdit(f: Field, v: string | boolean): Row[string] {
	if (typeof v === 'boolean')
		return v;
	if (isMoment(f))
		return v ? new Date(v).getTime() : 0;
	if (isMoney(f.name))
		return v.trim() ? readMoney(v) : 0;
	if (f.type === 'u32' || f.type === 'u64')
		return v.trim() === '' ? '' : Number(v);
	if (f.type === 'list')
		return v.split(/[\s,;]+/).filter(Boolean).join(';');
	return f.type === 'secret' ? v : v.trim();
}

/** The members that differ from `from`; all that are not empty without it. */
export function changes(form: Form, edit: Edit, from?: Edit): Row {
	const out: Row = {};

	for (const f of form.fields) {
		const v = edit[f.name];

		if (v === undefined || f.readonly || (from ? v === from[f.name] : v === ''))
			continue;
		out[f.name] = fromEdit(f, v);
	}
	return out;
}

function problem(f: Field, v: string | boolean): string {
	if (typeof v === 'boolean')
		return '';
	/* a secret that is not given is made, or stays */
	if (f.required && f.type !== 'secret' && !v.trim())
		return t('field.needed', { field: f.label });
	if (f.type !== 'u32' && f.type !== 'u64')
		return '';
	if (isMoment(f) || v.trim() === '')
		return '';
	if (isMoney(f.name))
		return Number.isNaN(readMoney(v)) ? t('field.money', { field: f.label }) : '';
	if (!/^\s*\d+\s*$/.test(v))
		return t('field.whole', { field: f.label });
	if (Number(v) < (f.min ?? 0) || Number(v) > (f.max ?? Infinity))
		return t('field.range', { field: f.label, min: f.min ?? 0, max: f.max ?? 0 });
	return '';
}

/** What can be known here; the box checks everything again. */
export function check(form: Form, edit: Edit): Errors {
	const out: Errors = {};

	for (const f of form.fields) {
		const why = f.readonly || edit[f.name] === undefined ? '' : problem(f, edit[f.name]!);

		if (why)
			out[f.name] = why;
	}
	return out;
}
