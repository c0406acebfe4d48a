// The fields of a row, what is wrong with them, and who was faster.
import { Fragment, type ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Row } from '../api';
import type { Form } from '../forms';
import { t, tn } from '../text';
import { Alert } from '../ui/bits';
import { FieldInput } from './FieldInput';
import type { Editing } from './useEdit';
import { editOf } from './values';

/** What a table adds under one of its fields. */
export type FieldExtra = ComponentType<{ editing: Editing; row?: Row }>;

interface Props {
	form: Form;
	row?: Row;
	extras?: Record<string, FieldExtra>;
	editing: Editing;
	/** A new row: its key can be typed. */
	fresh?: boolean;
	readonly?: boolean;
	words?: readonly string[];
	/** Fields that stand elsewhere on the page. */
	without?: readonly string[];
}

function Summary({ form, errors }: { form: Form; errors: Record<string, string> }) {
	const bad = form.fields.filter(f => errors[f.name]), ref = useRef<HTMLDivElement>(null);

	useEffect(() => { ref.current?.focus(); }, [bad.length > 1]);
	if (bad.length < 2)
		return null;
	return <div class="banner danger stack" role="alert" ref={ref} tabIndex={-1}>
		<b>{tn('form.wrong', bad.length)}</b>
		<ul>{bad.map(f => <li key={f.name}>
			<a href={`#f-${f.name}`} onClick={e => { e.preventDefault(); document.getElementById(`f-${f.name}`)?.focus(); }}>
				{f.label}: {errors[f.name]}
			</a>
		</li>)}</ul>
	</div>;
}

function Faster({ form, editing }: { form: Form; editing: Editing }) {
	const c = editing.conflict!, theirs = editOf(form, c.row);

	return <div class="banner warn stack" role="alert">
		<b>{t('conflict.title')}</b>
		<ul>{form.fields.filter(f => c.fields.includes(f.name) && !f.readonly).map(f => <li key={f.name}>
			{t('conflict.field', { field: f.label, theirs: String(theirs[f.name]), mine: String(editing.edit[f.name]) })}
		</li>)}</ul>
		<div class="inrow">
			<button type="button" onClick={() => { void editing.save(true); }}>{t('conflict.mine')}</button>
			<button type="button" onClick={editing.takeTheirs}>{t('conflict.theirs')}</button>
		</div>
	</div>;
}

export function RowForm({ form, row, extras, editing, fresh, readonly, words, without }: Props) {
	const shown = form.fields.filter(f => !f.readonly && !without?.includes(f.name)
		&& (f.name !== form.key || (fresh && !form.singleton)));

	const graded = form.fields.some(f => f.name === 'grade');

	return <>
		{editing.conflict && <Faster form={form} editing={editing} />}
		{editing.failed && <Alert>{editing.failed}</Alert>}
		<Summary form={form} errors={editing.errors} />
		{readonly && <p class="banner info">{t('readonly')}</p>}
		{shown.map(f => {
			const Under = extras?.[f.name];

			return <Fragment key={f.name}>
				<FieldInput f={f} value={editing.edit[f.name] ?? ''} error={editing.errors[f.name]} disabled={readonly}
					words={words} graded={graded} kept={f.type === 'secret' && !fresh}
					onInput={v => editing.set(f.name, v)} onBlur={() => editing.blur(f.name)} />
				{Under && <Under editing={editing} row={row} />}
			</Fragment>;
		})}
	</>;
}
