// The page of any table, drawn from its description alone.
import { useState } from 'preact/hooks';
import { api, asError, tablePath, type Row } from '../api';
import { useTable } from '../data';
import { EditDrawer } from '../form/EditDrawer';
import { mayWrite, type Form } from '../forms';
import { columnsOf, textOf } from '../list/columns';
import { DataTable } from '../list/DataTable';
import type { Column } from '../list/useList';
import { enumText, t } from '../text';
import { Failed, PageHead, Skeleton } from '../ui/bits';
import { Confirm } from '../ui/confirm';
import { ShownOnce, type Made } from '../ui/ShownOnce';
import { toast } from '../ui/toast';
import { AFTER_ADD, RowAction } from './extras';
import { SettingsPage } from './SettingsPage';

type Open = { what: 'edit'; row?: Row } | { what: 'delete'; row: Row } | { what: 'made'; made: Made } | null;

/** What people call a row: a live one has a key that tells nobody anything. */
function nameOf(form: Form, row: Row): string {
	const key = String(row[form.key]), first = form.fields.find(f => f.list);

	if (form.kind === 'live' && first)
		return String(row[first.name]);
	return form.builtin ? enumText(key) : key;
}

/** Deletes; what had no secret can be put back. */
async function remove(form: Form, row: Row): Promise<void> {
	const key = String(row[form.key]);
	const back = Object.fromEntries(form.fields.filter(f => !f.readonly && f.name in row).map(f => [f.name, row[f.name]!]));

	await api('DELETE', tablePath(form.owner, form.name, key));
	toast(t(form.kind === 'live' ? 'ended' : 'deleted', { key: nameOf(form, row) }), form.kind === 'table' && form.name !== 'account' ? () => {
		void api('POST', tablePath(form.owner, form.name), back)
			.then(() => toast(t('undone', { key })), e => toast(asError(e).message));
	} : undefined);
}

export function TablePage({ form, title }: { form: Form; title: string }) {
	const data = useTable<Row>(form.owner, form.name), [open, setOpen] = useState<Open>(null);
	const may = mayWrite(form.name), fixed = !!form.builtin, live = form.kind === 'live';
	const close = () => setOpen(null), shut = t(live ? 'end' : 'delete');
	const [head, ...rest] = columnsOf(form, may && !fixed ? 2 : 3);

	if (form.singleton)
		return <SettingsPage form={form} title={title} />;

	const link: Column<Row> = { ...head!, cell: r => live ? head!.cell(r)
		: <button class="rowbtn" onClick={() => setOpen({ what: 'edit', row: r })}>{nameOf(form, r)}</button> };
	const acts: Column<Row> = { id: 'acts', label: '', right: true, cell: r => <span class="acts">
		<RowAction form={form} row={r} show={made => setOpen({ what: 'made', made })} />
		<button class="small" onClick={() => setOpen({ what: 'delete', row: r })}>{shut}<span class="vh"> {nameOf(form, r)}</span></button>
	</span> };
	const add = may && !fixed && !live && <button class="primary" onClick={() => setOpen({ what: 'edit' })}>{t('add')}</button>;

	return <>
		<PageHead title={title} count={data.rows.length}>{add}</PageHead>
		<p class="lead">{form.doc}</p>
		{data.error && <Failed error={data.error} at={data.at} retry={data.reload} />}
		{!data.ready ? <Skeleton /> : <DataTable label={title} rows={data.rows} keyOf={r => String(r[form.key])} search={textOf(form)}
			columns={may && !fixed ? [link, ...rest, acts] : [link, ...rest]} placeholder={t('list.search')}
			sort={form.ordered || fixed ? '' : form.key}
			empty={<p>{t('empty', { what: title })}</p>} />}
		{open?.what === 'edit' && <EditDrawer form={form} row={open.row} seq={data.seq} readonly={!may} onClose={close}
			title={open.row ? t('edit.title', { what: title, key: nameOf(form, open.row) }) : t('add.title', { what: title })}
			onSaved={s => { data.reload(); if (!open.row) void AFTER_ADD[form.name]?.(s.key).then(made => setOpen({ what: 'made', made })); }} />}
		{open?.what === 'delete' && <Confirm danger title={t(live ? 'end.title' : 'delete.title', { key: nameOf(form, open.row) })}
			text={t(live ? 'end.text' : 'delete.text')} action={shut} onClose={close}
			onYes={async () => { await remove(form, open.row); data.reload(); }} />}
		{open?.what === 'made' && <ShownOnce title={t('once.title', { who: open.made.who })} hint={t('once.first')} made={[open.made]} onClose={close} />}
	</>;
}
