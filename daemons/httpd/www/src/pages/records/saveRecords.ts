// Records that the box has in one answer, as a file made here.
import { get, type Row } from '../../api';
import { csvLine, saveFile } from '../../csv';
import type { Field, Form } from '../../forms';
import { pathOf, type Source } from './filters';

const MOST = 1000;

function text(f: Field, v: Row[string] | undefined): string {
	if (f.type === 'u64' && f.unit === 'ms')
		return v ? new Date(Number(v)).toISOString() : '';
	return String(v ?? '');
}

export async function saveRecords(form: Form, source: Source): Promise<void> {
	const { rows } = await get<{ rows: Row[] }>(pathOf(source, [], MOST));

	saveFile(`${form.name}.csv`, [form.fields.map(f => f.name), ...rows.map(r => form.fields.map(f => text(f, r[f.name])))].map(csvLine).join(''));
}
