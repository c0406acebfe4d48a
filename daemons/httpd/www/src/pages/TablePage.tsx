// The page of any table, drawn from its description alone.
import { useState } from 'preact/hooks';
import { api, asError, tablePath, type Row, type Saved } from '../api';
import { copyOf, mayCopy } from '../form/copy';
import { Csv } from '../form/Csv';
import { EditDrawer } from '../form/EditDrawer';
import type { Edit } from '../form/values';
import { mayWrite, type Form } from '../forms';
import { columnsOf, textOf } from '../list/columns';
import { DataTable } from '../list/DataTable';
import { MoveTo } from '../list/MoveTo';
import type { Column } from '../list/useList';
import { t } from '../text';
import { Failed, PageHead, Skeleton } from '../ui/bits';
import { Confirm } from '../ui/confirm';
import { ShownOnce, type Made } from '../ui/ShownOnce';
import { toast } from '../ui/toast';
import { extraOf } from './extras';
import { SettingsPage } from './SettingsPage';
import { remove, useFormRows, usePlaces } from './tableRows';
import { emptyId, leadOf, madeOf, nameOf, secretOf } from './tableWords';

/* `after`: it was copied from that row, and stands behind it */
type Open = { what: 'edit'; row?: Row; preset?: Edit; after?: string } | { what: 'move'; key: string } | { what: 'delete'; row: Row } | { what: 'made'; made: Made[] } | null;

function Table({ form, title }: { form: Form; title: string }) {
	const data = useFormRows(form), [open, setOpen] = useState<Open>(null), places = usePlaces(form, data);
	const may = mayWrite(form.name), live = form.kind === 'live', extra = extraOf(form);
	const close = () => setOpen(null), shut = t(extra.endBy ?? (live ? 'end' : 'delete'));
	const fixed = (r: Row) => !!form.builtin?.includes(String(r[form.key])), all = !!form.builtin && form.builtin.length >= (form.max_rows ?? 0);
	const acts = may && !all, [head, ...described] = columnsOf(form, acts && (live || extra.RowAction) ? 2 : 3);
	const rest = extra.useColumns ? extra.useColumns(described, data) : described;

	const link: Column<Row> = { ...head!, cell: r => live ? head!.cell(r)
		: <button class="rowbtn" onClick={() => setOpen({ what: 'edit', row: r })}>{nameOf(form, r)}</button> };
	const column: Column<Row> = { id: 'acts', label: '', right: true, cell: r => <span class="acts">
		{extra.RowAction && <extra.RowAction form={form} row={r} show={made => setOpen({ what: 'made', made })} />}
		{!fixed(r) && !extra.stays && !extra.inside && <button class={live ? 'small' : 'small only-wide'} onClick={() => end(r)}>{shut}<span class="vh"> {nameOf(form, r)}</span></button>}
	</span> };
	const end = (r: Row) => {
		if (!extra.endBy)
			setOpen({ what: 'delete', row: r });
		else
			remove(form, r).then(data.reload, e => toast(asError(e).message));
	};
	const place = (key: string, after: string) => {
		const position = places.order.keys.indexOf(after) + 2;

		void api('POST', `${tablePath(form.owner, form.name)}/_move`, { key, position }).then(data.reload, e => toast(asError(e).message));
	};
	const saved = (s: Saved, fresh: boolean, after?: string) => {
		data.reload();
		if (fresh && after && form.ordered)
			place(s.key, after);
		if (fresh && extra.afterAdd)
			void extra.afterAdd(s.key).then(made => setOpen({ what: 'made', made: [made] }));
		else if (s.made?.[secretOf(form)])
			setOpen({ what: 'made', made: [{ who: s.key, secret: s.made[secretOf(form)]! }] });
	};

	const actions = (r: Row) => <>
		{!fixed(r) && !extra.stays && <button type="button" class="danger" onClick={() => end(r)}>{shut}</button>}
		{mayCopy(form) && <button type="button" onClick={() => setOpen({
			what: 'edit', preset: copyOf(form, r, data.rows), after: String(r[form.key]),
		})}>{t('duplicate')}</button>}
	</>;

	const imported = (made: Made[]) => {
		data.reload();
		if (made.length)
			setOpen({ what: 'made', made });
	};

	return <>
		<PageHead title={title} count={data.rows.length}>
			{extra.Head && <extra.Head data={data} show={imported} />}
			{!live && !all && <Csv form={form} rows={data.rows} may={may} onDone={imported} />}
			{acts && !live && <button class="primary" onClick={() => setOpen({ what: 'edit' })}>{t('add')}</button>}
		</PageHead>
		<p class="lead">{leadOf(form)}</p>
		{data.error && <Failed error={data.error} at={data.at} retry={data.reload} />}
		{extra.Above && data.ready && <extra.Above data={data} />}
		{!data.ready ? <Skeleton /> : <DataTable label={title} rows={form.ordered ? places.rows : data.rows} keyOf={r => String(r[form.key])}
			search={textOf(form)} columns={acts && (extra.RowAction || !extra.stays) ? [link, ...rest, column] : [link, ...rest]} placeholder={t('list.search')}
			sort={form.ordered || all ? '' : form.key} empty={<>
				<p>{t(emptyId(form), { what: title })}</p>
				{acts && !live && <button onClick={() => setOpen({ what: 'edit' })}>{t('add.first')}</button>}
			</>}
			order={form.ordered && may ? { ...places.order, ask: key => setOpen({ what: 'move', key }) } : undefined} />}
		{open?.what === 'edit' && <EditDrawer key={open.after ?? ''} form={form} row={open.row} preset={open.preset} seq={data.seq} readonly={!may}
			title={open.row ? t('edit.title', { what: title, key: nameOf(form, open.row) }) : t('add.title', { what: title })}
			onClose={close} extras={extra.fields} onSaved={s => saved(s, !open.row, open.after)} actions={acts && open.row && actions(open.row)}>
			{extra.Drawer && <extra.Drawer row={open.row} />}
		</EditDrawer>}
		{open?.what === 'move' && <MoveTo k={open.key} order={places.order} onClose={close} />}
		{open?.what === 'delete' && <Confirm danger title={t(live ? 'end.title' : 'delete.title', { key: nameOf(form, open.row) })}
			text={t(live ? 'end.text' : 'delete.text')} action={shut} onClose={close}
			onYes={async () => { await remove(form, open.row); data.reload(); }} />}
		{open?.what === 'made' && <ShownOnce what={madeOf(form)} made={open.made} onClose={close}
			hint={form.name === 'account' ? t('once.first') : undefined} />}
	</>;
}

export const TablePage = (p: { form: Form; title: string }) => p.form.singleton ? <SettingsPage {...p} /> : <Table {...p} />;
