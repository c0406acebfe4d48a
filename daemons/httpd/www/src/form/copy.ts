// A row to begin another one with.
import type { Row } from '../api';
import type { Form } from '../forms';
import { editOf, type Edit } from './values';

/** Can it be copied? Not what a password or a number belongs to. */
export const mayCopy = (form: Form): boolean => !form.builtin && form.kind === 'table'
	&& form.fields.some(f => f.name === form.key && f.type === 'name') && !form.fields.some(f => f.type === 'secret');

/** The next free name: abroad-2, then abroad-3. */
function freeName(name: string, taken: ReadonlySet<string>): string {
	const stem = name.replace(/-\d+$/, '').slice(0, 28);
	let n = 2;

	while (taken.has(`${stem}-${n}`))
		n++;
	return `${stem}-${n}`;
}

export function copyOf(form: Form, row: Row, rows: readonly Row[]): Edit {
	const taken = new Set(rows.map(r => String(r[form.key])));

	return { ...editOf(form, row), [form.key]: freeName(String(row[form.key]), taken) };
}
