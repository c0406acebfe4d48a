// How a table's page speaks of itself: its rows, what it is about.
import type { Row } from '../api';
import type { Form } from '../forms';
import { enumText, hasText, t, type MsgId } from '../text';
import type { What } from '../ui/ShownOnce';

/** What people call a row: a live one has a key that tells nobody anything. */
export function nameOf(form: Form, row: Row): string {
	const key = String(row[form.key]), first = form.fields.find(f => f.list);

	if (form.kind === 'live' && first)
		return String(row[first.name]);
	return form.builtin ? enumText(key) : key;
}

export const secretOf = (form: Form): string => form.fields.find(f => f.type === 'secret')?.name ?? '';

/** What the box makes for its rows. */
export const madeOf = (form: Form): What => form.name === 'pin' || form.name === 'pin_set' ? 'pin' : 'password';

/** What an empty list says: in its own words, where there are any. */
export const emptyId = (form: Form): MsgId => hasText(`empty.${form.name}`) ? `empty.${form.name}` as MsgId : 'empty';

/** What a page is about: in its own words, else the schema's. */
export const leadOf = (form: Form): string => hasText(`lead.${form.name}`) ? t(`lead.${form.name}` as MsgId) : form.doc;
