// The fields of a row, what is wrong with them, and who was faster.
import { Fragment, type ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Row } from '../api';
import type { Field, Form } from '../forms';
import { t, tn } from '../text';
import { Alert } from '../ui/bits';
import { FieldInput } from './FieldInput';
import { groupsOf } from './groups';
import { SecretAge } from './SecretAge';
import type { Editing } from './useEdit';
import { editOf } from './values';
import { noticeOf, type Notice } from './warnings';

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

function Asked({ editing }: { editing: Editing }) {
	const ref = useRef<HTMLButtonElement>(null);

	useEffect(() => { ref.current?.focus(); }, [editing.asked]);
	return <div class="banner warn stack" role="alert">
		<b>{t('consent.title')}</b>
		<p>{editing.asked}</p>
		<div class="inrow"><button type="button" class="danger" ref={ref} onClick={editing.accept}>{t('consent')}</button></div>
	</div>;
}

const Warned = ({ notice }: { notice?: Notice }) => notice
	? <p class={notice.danger ? 'banner warn' : 'help'} role="status">{notice.text}</p> : null;

interface FieldsProps extends Props { names: Field[] }

function Fields({ form, row, extras, editing, readonly, words, names }: FieldsProps) {
	const graded = form.fields.some(f => f.name === 'grade');

	return <>{names.map(f => {
		const Under = extras?.[f.name];

		return <Fragment key={f.name}>
			<FieldInput f={f} value={editing.edit[f.name] ?? ''} error={editing.errors[f.name]} disabled={readonly} words={words} graded={graded}
				kept={f.type === 'secret' && row ? <SecretAge form={form} row={row} field={f.name} /> : undefined}
				onInput={v => editing.set(f.name, v)} onBlur={() => editing.blur(f.name)} />
			<Warned notice={noticeOf(form.name, f.name, editing.edit)} />
			{Under && <Under editing={editing} row={row} />}
		</Fragment>;
	})}</>;
}

/** Fields that few people touch stay folded, until one of them is wrong. */
function Folded({ title, p, names }: { title: string; p: Props; names: Field[] }) {
	const wrong = names.some(f => p.editing.errors[f.name]);

	return <details class="folded" open={wrong || undefined}>
		<summary>{title}</summary>
		<div class="fields-in"><Fields {...p} names={names} /></div>
	</details>;
}

export function RowForm(p: Props) {
	const { form, editing, fresh, readonly, without } = p, groups = groupsOf(form);
	const shown = form.fields.filter(f => !f.readonly && !without?.includes(f.name)
		&& (f.name !== form.key || (fresh && !form.singleton)));
	const folded = (f: Field) => groups.find(g => g.fields.includes(f.name));

	return <>
		{editing.conflict && <Faster form={form} editing={editing} />}
		{editing.asked && <Asked editing={editing} />}
		{editing.failed && <Alert>{editing.failed}</Alert>}
		<Summary form={form} errors={editing.errors} />
		{readonly && <p class="banner info">{t('readonly')}</p>}
		<Fields {...p} names={shown.filter(f => !folded(f))} />
		{groups.map(g => <Folded key={g.title} title={t(g.title)} p={p} names={shown.filter(f => folded(f) === g)} />)}
	</>;
}
