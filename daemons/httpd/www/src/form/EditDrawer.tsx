// A row in the drawer at the right edge; the list keeps its place.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { api, asError, tablePath, type Row, type Saved } from '../api';
import type { Form } from '../forms';
import { t } from '../text';
import { Dialog } from '../ui/Dialog';
import { toast } from '../ui/toast';
import { RowForm, type FieldExtra } from './RowForm';
import { useEdit, type Send } from './useEdit';
import type { Edit } from './values';

interface Props {
	form: Form;
	/** None: a new one. */
	row?: Row;
	seq: number;
	title: string;
	readonly?: boolean;
	words?: readonly string[];
	without?: readonly string[];
	onSaved?: (saved: Saved) => void;
	onClose: () => void;
	/** Beside Cancel and Save, at the left, while nothing was changed. */
	actions?: ComponentChildren;
	children?: ComponentChildren;
	/** What a new one begins with, in place of the defaults. */
	preset?: Edit;
	/** Where a save goes, when not to the box at once. */
	send?: Send;
	/** Under single fields. */
	extras?: Record<string, FieldExtra>;
}

/** Puts back what a save replaced; a secret cannot be. */
function undo(form: Form, key: string, was: Row, changed: Row): () => void {
	const back = Object.fromEntries(Object.keys(changed).map(k => [k, was[k] ?? '']));

	return () => {
		void api('PATCH', tablePath(form.owner, form.name, key), back)
			.then(() => toast(t('undone', { key })), e => toast(asError(e).message));
	};
}

export function EditDrawer({ form, row, seq, title, readonly, words, without, onSaved, onClose, actions, children, extras, send, preset }: Props) {
	const e = useEdit(form, row, seq, (saved, was, changed) => {
		const secret = form.fields.some(f => f.type === 'secret' && f.name in changed);

		if (!send)
			toast(t('saved', { key: saved.key }), row && !secret ? undo(form, saved.key, was, changed) : undefined);
		onClose();
		onSaved?.(saved);
	}, send, preset);

	useEffect(() => {
		const warn = (ev: BeforeUnloadEvent) => { if (e.dirty) ev.preventDefault(); };

		addEventListener('beforeunload', warn);
		return () => removeEventListener('beforeunload', warn);
	}, [e.dirty]);
	return <Dialog kind="drawer" title={title} onClose={onClose} onSubmit={() => { if (!readonly) void e.save(); }}
		mayClose={() => !e.dirty || confirm(t('form.leave'))} footer={close => <>
			{!e.dirty && actions}
			<span class="muted sm grow">{readonly ? '' : t(e.dirty ? 'form.dirty' : 'form.clean')}</span>
			<button type="button" onClick={close}>{t(readonly ? 'close' : 'cancel')}</button>
			{!readonly && <button class="primary" disabled={e.busy || !(e.dirty || !row)}>{t(e.busy ? 'saving' : 'save')}</button>}
		</>}>
		{children}
		<RowForm form={form} row={row} extras={extras} editing={e} fresh={!row} readonly={readonly} words={words} without={without} />
	</Dialog>;
}
