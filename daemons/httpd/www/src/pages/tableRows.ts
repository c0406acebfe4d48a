// The rows of a table's page: how they are read, ordered, deleted.
import { useMemo } from 'preact/hooks';
import { api, asError, tablePath, type Row } from '../api';
import { useLiveTable, useTable, type Data } from '../data';
import type { Form } from '../forms';
import { useOrder, type Order } from '../list/order';
import { t } from '../text';
import { toast } from '../ui/toast';
import { extraOf } from './extras';
import { nameOf, secretOf } from './tableWords';

/** Deletes; what had no secret can be put back. */
export async function remove(form: Form, row: Row): Promise<void> {
	const key = String(row[form.key]);
	const back = Object.fromEntries(form.fields.filter(f => !f.readonly && f.name in row).map(f => [f.name, row[f.name]!]));

	await api('DELETE', tablePath(form.owner, form.name, key));
	toast(t(extraOf(form).endBy ? 'alerts.done' : form.kind === 'live' ? 'ended' : 'deleted', { key: nameOf(form, row) }), form.kind === 'table' && !secretOf(form) && form.name !== 'account' ? () => {
		void api('POST', tablePath(form.owner, form.name), back)
			.then(() => toast(t('undone', { key })), e => toast(asError(e).message));
	} : undefined);
}

/** The rows in the order shown, and how they are moved. */
export function usePlaces(form: Form, data: Data<Row>): { rows: Row[]; order: Order } {
	const keys = useMemo(() => data.rows.map(r => String(r[form.key])), [data.rows]);
	const order = useOrder(keys, k => k, (key, to) =>
		api('POST', `${tablePath(form.owner, form.name)}/_move`, { key, position: to + 1 }), data.reload);
	const by = new Map(data.rows.map(r => [String(r[form.key]), r]));

	return { order, rows: order.keys.map(k => by.get(k)).filter(r => r !== undefined) };
}

/* these tell of their changes */
const TOLD = new Set(['rejected', 'binding', 'call']);

/** Live rows that tell of nothing are read again while they are looked at. */
export const useFormRows = (form: Form): Data<Row> => form.kind === 'live' && !TOLD.has(form.name)
	? useLiveTable<Row>(form.owner, form.name) : useTable<Row>(form.owner, form.name);
