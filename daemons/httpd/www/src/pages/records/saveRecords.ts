// All records that a filter finds, as a file: read page by page.
import { get, type Row } from '../../api';
import { csvLine, saveFile } from '../../csv';
import type { Field, Form } from '../../forms';
import { pathOf, type Source } from './filters';

const PAGE = 1000, MOST = 100000;

function text(f: Field, v: Row[string] | undefined): string {
	if (f.type === 'u64' && f.unit === 'ms')
		return v ? new Date(Number(v)).toISOString() : '';
	return String(v ?? '');
}

/** Saves them; `seen` hears how many there are so far. Answers how many, and whether there were more. */
export async function saveRecords(form: Form, source: Source, words: readonly string[], seen: (n: number) => void): Promise<{ n: number; more: boolean }> {
	const lines = [csvLine(form.fields.map(f => f.name))];
	let before = '', more = true;

	while (more && lines.length <= MOST) {
		const { rows } = await get<{ rows: Row[] }>(pathOf(source, words, PAGE, before));

		for (const r of rows)
			lines.push(csvLine(form.fields.map(f => text(f, r[f.name]))));
		before = String(rows.at(-1)?.[form.key] ?? '');
		more = source.pages && rows.length === PAGE;
		seen(lines.length - 1);
	}
	saveFile(`${form.name}.csv`, lines.join(''));
	return { n: lines.length - 1, more };
}
