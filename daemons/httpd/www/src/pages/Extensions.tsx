// Who has a telephone here: state, address, Permit IP, password.
import { useState } from 'preact/hooks';
import { api, tablePath, type Row, type Saved } from '../api';
import { Csv } from '../form/Csv';
import { EditDrawer } from '../form/EditDrawer';
import { forms, mayWrite } from '../forms';
import { DataTable } from '../list/DataTable';
import { t, tn } from '../text';
import { Failed, PageHead, Skeleton } from '../ui/bits';
import { Confirm } from '../ui/confirm';
import { ShownOnce, type Made } from '../ui/ShownOnce';
import { toast } from '../ui/toast';
import { AddMany } from './AddMany';
import { BulkDialog, type BulkKind } from './ExtensionBulk';
import { columns, FILTERS, searchText } from './extensionColumns';
import { usePhones, type Phone } from './extensionData';
import { ExtensionFacts } from './ExtensionFacts';

type Open = { what: 'add' | 'many' }
	| { what: 'edit' | 'delete' | 'renew'; phone: Phone }
	| { what: 'bulk'; kind: BulkKind; phones: Phone[]; clear: () => void }
	| { what: 'made'; made: Made[]; renewed?: boolean }
	| null;

const TYPED_ABOVE = 10;

export function Extensions() {
	const data = usePhones(), [open, setOpen] = useState<Open>(null), close = () => setOpen(null);
	const form = forms.value['extension']!, may = mayWrite('extension'), title = form.title;

	/* a password the box made is in its answer, and nowhere else */
	const added = (s: Saved) => {
		data.reload();
		if (s.made?.['secret'])
			setOpen({ what: 'made', made: [{ who: s.key, secret: s.made['secret'] }] });
	};
	const imported = (made: Made[]) => {
		data.reload();
		if (made.length)
			setOpen({ what: 'made', made });
	};
	const renew = async (p: Phone) => {
		const s = await api<Saved>('PATCH', tablePath('sipd', 'extension', p.number), { secret: '' });

		setOpen({ what: 'made', renewed: true, made: [{ who: p.number, name: p.name, secret: s.made?.['secret'] ?? '' }] });
	};
	const remove = async (p: Phone) => {
		await api('DELETE', tablePath('sipd', 'extension', p.number));
		data.reload();
		toast(t('deleted', { key: p.number }));
	};

	/* the last step of a dialog opens the passwords; its closing must not shut them */
	const unlessMade = () => setOpen(o => o?.what === 'made' ? o : null);
	const bulk = (phones: Phone[], clear: () => void) => (['renew', 'permit', 'delete'] as const).map(kind =>
		<button key={kind} class={kind === 'delete' ? 'danger' : ''}
			onClick={() => setOpen({ what: 'bulk', kind, phones, clear })}>{t(`ext.bulk.${kind}`)}</button>);

	return <>
		<PageHead title={title} count={data.phones.length}>
			<Csv form={form} rows={data.phones.map(p => p.row as unknown as Row)} may={may} onDone={imported} />
			{may && <>
				<button onClick={() => setOpen({ what: 'many' })}>{t('ext.many')}</button>
				<button class="primary" onClick={() => setOpen({ what: 'add' })}>{t('ext.add')}</button>
			</>}
		</PageHead>
		{data.error && <Failed error={data.error} at={data.at} retry={data.reload} />}
		{!data.ready ? <Skeleton /> : <DataTable label={title} rows={data.phones} keyOf={p => p.number} search={searchText}
			sort="number" columns={columns(p => setOpen({ what: 'edit', phone: p }))} filters={FILTERS} placeholder={t('ext.search')}
			empty={<>
				<p>{t('ext.empty')}</p>
				{may && <button class="primary" onClick={() => setOpen({ what: 'many' })}>{t('ext.many')}</button>}
			</>}
			bulk={may ? bulk : undefined} />}
		{open?.what === 'add' && <EditDrawer form={form} seq={data.seq} title={t('ext.add')} onSaved={added} onClose={close} />}
		{open?.what === 'edit' && <EditDrawer form={form} row={open.phone.row as unknown as Row} seq={data.seq}
			title={t('ext.title', { number: open.phone.number })} readonly={!may} without={['secret']}
			onSaved={data.reload} onClose={close} actions={may && <button type="button" class="danger"
				onClick={() => setOpen({ what: 'delete', phone: open.phone })}>{t('delete')}</button>}>
			<ExtensionFacts phone={open.phone} renew={may ? () => setOpen({ what: 'renew', phone: open.phone }) : undefined} />
		</EditDrawer>}
		{open?.what === 'delete' && <Confirm danger title={t('ext.delete', { number: open.phone.number })}
			action={t('delete')} onClose={close} text={tn('ext.delete.text', open.phone.bindings.length)} onYes={() => remove(open.phone)} />}
		{open?.what === 'renew' && <Confirm title={t('ext.renew', { number: open.phone.number })} text={t('ext.renew.text')}
			action={t('ext.renew.do')} onClose={unlessMade} onYes={() => renew(open.phone)} />}
		{open?.what === 'many' && <AddMany taken={new Set(data.phones.map(p => p.number))} onClose={close}
			onMade={made => { data.reload(); setOpen(made.length ? { what: 'made', made } : null); }} />}
		{open?.what === 'bulk' && <BulkDialog kind={open.kind} phones={open.phones} typedAbove={TYPED_ABOVE}
			onClose={unlessMade}
			onDone={made => { open.clear(); data.reload(); setOpen(made ? { what: 'made', made, renewed: true } : null); }} />}
		{open?.what === 'made' && <ShownOnce made={open.made} onClose={close} hint={t(open.renewed ? 'ext.once.renewed' : 'ext.once')} />}
	</>;
}
