// The schema's description of every table, and what this session may do with it.
import { signal } from '@preact/signals';
import { get } from './api';

export interface Field {
	name: string;
	type: 'bool' | 'u32' | 'u64' | 'enum' | 'str' | 'name' | 'secret' | 'ref' | 'list' | 'bytes';
	label: string;
	help?: string;
	unit?: string;
	values?: string[];
	table?: string;
	format?: string;
	of?: string;
	readonly?: boolean;
	list?: boolean;
	required?: boolean;
	min?: number;
	max?: number;
	default?: string | number | boolean;
}

export interface Form {
	name: string;
	title: string;
	doc: string;
	kind: 'table' | 'live' | 'record';
	owner: string;
	key: string;
	singleton?: string;
	builtin?: string[];
	ordered?: boolean;
	max_rows?: number;
	fields: Field[];
}

export interface Access { daemon: string; table: string; title: string; kind: string; read: boolean; write: boolean }

export const forms = signal<Record<string, Form>>({});
export const access = signal<Access[]>([]);

export async function loadForms(): Promise<void> {
	const [f, a] = await Promise.all([get<Record<string, Form>>('/forms'), get<{ tables: Access[] }>('/tables')]);

	/* the box counts in small whole units, people do not */
	for (const field of Object.values(f).flatMap(form => form.fields))
		field.label = field.label.replace(/ in thousandths$| x 100\b/, '');
	forms.value = f;
	access.value = a.tables;
}

/** Money is counted in thousandths. */
export const isMoney = (name: string): boolean => name.endsWith('_milli');

const find = (table: string) => access.value.find(a => a.table === table);

export const mayRead = (table: string): boolean => !!find(table)?.read;
export const mayWrite = (table: string): boolean => !!find(table)?.write;
export const fieldOf = (form: Form, name: string): Field | undefined => form.fields.find(f => f.name === name);
