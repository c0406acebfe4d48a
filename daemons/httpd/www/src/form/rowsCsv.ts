// Rows of a table as lines of a file, and back: what a file would change.
import { tablePath, api, type Op, type Row } from '../api';
import { csvLine, fromCell, parseCsv } from '../csv';
import type { Field, Form } from '../forms';
import { t } from '../text';
import { isMoment, localTime } from './values';

/** A line that would be refused. */
export interface Wrong { line: number; field: string; message: string }

/** What a file means: what is new, what differs, and what stands in its way. */
export interface Plan {
	ops: { line: number; op: Op }[];
	fresh: number;
	changed: number;
	same: number;
	wrong: Wrong[];
}

const CHUNK = 500;

const columnsOf = (form: Form): Field[] => form.fields.filter(f => !f.readonly && f.type !== 'bytes');

/** Never a secret: nobody can read those, and a file lies about. */
export function rowsToCsv(form: Form, rows: readonly Row[]): string {
	const fields = columnsOf(form).filter(f => f.type !== 'secret');
	const text = (f: Field, v: Row[string] | undefined) => isMoment(f) ? (v ? localTime(Number(v)) : '') : String(v ?? '');

	return csvLine(fields.map(f => f.name)) + rows.map(r => csvLine(fields.map(f => text(f, r[f.name])))).join('');
}

function cellValue(f: Field, cell: string): string {
	const s = fromCell(cell.trim());

	if (f.type === 'bool')
		return /^(yes|y|1|on)$/i.test(s) ? 'true' : /^(no|n|0|off)$/i.test(s) ? 'false' : s.toLowerCase();
	if (isMoment(f) && s && !/^\d+$/.test(s))
		return String(new Date(s).getTime());
	return f.type === 'list' ? s.split(/[\s;,]+/).filter(Boolean).join(';') : s;
}

/** The fields of a file's columns; or why it cannot be read. */
function header(form: Form, cells: readonly string[]): { fields: Field[]; error: string } {
	const known = columnsOf(form), names = cells.map(c => c.trim().toLowerCase());
	const fields = names.map(n => known.find(f => f.name === n || f.label.toLowerCase() === n));
	const bad = names.find((_, i) => !fields[i] || fields.indexOf(fields[i]) !== i);

	if (bad !== undefined)
		return { fields: [], error: t('csv.column', { name: bad, known: known.map(f => f.name).join(', ') }) };
	if (!fields.some(f => f?.name === form.key))
		return { fields: [], error: t('csv.key', { name: form.key }) };
	return { fields: fields as Field[], error: '' };
}

/** Reads a file and asks the box what it would refuse. Nothing is changed. */
export async function planOf(form: Form, text: string, rows: readonly Row[]): Promise<Plan | string> {
	const [head, ...lines] = parseCsv(text), { fields, error } = header(form, head?.cells ?? []);
	const there = new Map(rows.map(r => [String(r[form.key]), r])), seen = new Map<string, number>();
	const plan: Plan = { ops: [], fresh: 0, changed: 0, same: 0, wrong: [] };

	if (!head || error)
		return error || t('csv.empty');
	for (const { line, cells } of lines) {
		const given = fields.flatMap((f, i) => f.type === 'secret' && !cells[i]?.trim() ? [] : [[f, cellValue(f, cells[i] ?? '')] as const]);
		const row = Object.fromEntries(given.map(([f, v]) => [f.name, v])), key = row[form.key] ?? '', was = there.get(key);

		if (cells.length > fields.length || !key || seen.has(key)) {
			plan.wrong.push({ line, field: form.key, message: t(!key ? 'csv.nokey' : cells.length > fields.length ? 'csv.wide' : 'csv.twice',
				{ line: seen.get(key) ?? 0, n: fields.length }) });
			continue;
		}
		seen.set(key, line);
		if (was && given.every(([f, v]) => f.type !== 'secret' && v === String(was[f.name] ?? ''))) {
			plan.same++;
			continue;
		}
		plan[was ? 'changed' : 'fresh']++;
		plan.ops.push({ line, op: { op: 'put', key, row } });
	}
	await refusals(form, plan);
	return plan;
}

interface Refused { row: number; field: string; message: string }

async function refusals(form: Form, plan: Plan): Promise<void> {
	for (let i = 0; i < plan.ops.length; i += CHUNK) {
		const part = plan.ops.slice(i, i + CHUNK);
		const { wrong } = await api<{ wrong: Refused[] }>('POST', `${tablePath(form.owner, form.name)}/_apply`,
			{ dry: true, rows: part.map(p => p.op) });

		for (const w of wrong)
			plan.wrong.push({ line: part[w.row]!.line, field: w.field, message: w.message });
	}
	plan.wrong.sort((a, b) => a.line - b.line);
}

/** Puts it in force, without the wrong lines. Answers what the box made, by key. */
export async function carryOut(form: Form, plan: Plan): Promise<Record<string, Record<string, string>>> {
	const wrong = new Set(plan.wrong.map(w => w.line)), ops = plan.ops.filter(o => !wrong.has(o.line)).map(o => o.op);
	const made: Record<string, Record<string, string>> = {};

	for (let i = 0; i < ops.length; i += CHUNK) {
		const s = await api<{ made: typeof made }>('POST', `${tablePath(form.owner, form.name)}/_apply`, { rows: ops.slice(i, i + CHUNK) });

		Object.assign(made, s.made);
	}
	return made;
}
