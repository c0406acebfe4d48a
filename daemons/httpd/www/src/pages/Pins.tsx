// PIN sets with the rules they guard and the people they let through; PINs made
// for many people, and made anew.
import { useState } from 'preact/hooks';
import type { Pin, PinLock } from 'schema/types';
import { api, asError, get, tablePath, type Row, type Saved } from '../api';
import { useTable, type Data } from '../data';
import { mayWrite } from '../forms';
import type { Column } from '../list/useList';
import { number, t, tn } from '../text';
import { Badge, Moment, Muted } from '../ui/bits';
import { Confirm } from '../ui/confirm';
import { lazy } from '../ui/lazy';
import type { Made } from '../ui/ShownOnce';
import { toast } from '../ui/toast';
import type { Extra, RowProps } from './extras';

const ReplacePins = lazy(() => import('./ReplacePins').then(m => m.ReplacePins));
const AddPins = lazy(() => import('./AddPins').then(m => m.AddPins));

/* what was there before grades were has none: it may be weak */
const isWeak = (p: Pin): boolean => p.grade !== 'strong';

function useSetColumns(described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	const all = useTable<Pin>('routed', 'pin').rows, rules = useTable<{ name: string; pin_set: string }>('routed', 'dial_rule').rows;
	const of = (r: Row) => all.filter(p => p.pin_set === r['name']);

	return [
		{
			id: 'pins', label: t('pins'), right: true, value: r => of(r).length,
			cell: r => <a href={`#/advanced/pins?q=${encodeURIComponent(String(r['name']))}`}>{number(of(r).length)}</a>,
		},
		...described.map(c => ({ ...c, wide: true })),
		{
			id: 'weak', label: t('pins.weak'), right: true, value: r => of(r).filter(isWeak).length,
			cell: r => of(r).some(isWeak) ? <Badge tone="warn" title={t('pins.weak.text')}>{number(of(r).filter(isWeak).length)}</Badge> : <Muted>–</Muted>,
		},
		{
			id: 'rules', label: t('used.by'), wide: true,
			cell: r => rules.filter(x => x.pin_set === r['name']).map(x => x.name).join(', ') || <Muted>–</Muted>,
		},
	];
}

/** For when a slip was lost, or somebody left. The PINs are read when they are asked about: a set may have thousands. */
function Replace({ row, show }: RowProps) {
	const [pins, setPins] = useState<Pin[]>([]), name = String(row['name']);

	const ask = () => void get<{ rows: Pin[] }>(tablePath('routed', 'pin')).then(a => {
		const all = a.rows.filter(p => p.pin_set === name);

		setPins(all);
		if (!all.length)
			toast(t('pins.all.none', { name }));
	}, e => toast(asError(e).message));

	return mayWrite('pin') ? <>
		<button class="small" onClick={ask}>{t('pins.all')}<span class="vh"> {name}</span></button>
		{pins.length > 0 && <ReplacePins set={name} pins={pins} show={show} onClose={() => setPins([])} />}
	</> : null;
}

/** Whose PINs these are. */
function SetDrawer({ row }: { row?: Row }) {
	const all = useTable<Pin>('routed', 'pin').rows.filter(p => p.pin_set === row?.['name']);

	if (!row)
		return null;
	return <div class="panel">
		<p>{all.length ? tn('pins.in', all.length) : t('empty.pin')} <a href={`#/advanced/pins?q=${encodeURIComponent(String(row['name']))}`}>{t('pins.see')}</a></p>
		{all.length > 0 && <p class="sm muted">{all.slice(0, 20).map(p => p.holder || p.name).join(', ')}{all.length > 20 ? ' …' : ''}</p>}
	</div>;
}

function Many({ data, show }: { data: Data<Row>; show: (made: Made[]) => void }) {
	const [open, setOpen] = useState(false);

	return mayWrite('pin') ? <>
		<button onClick={() => setOpen(true)}>{t('pins.many')}</button>
		{open && <AddPins taken={new Set(data.rows.map(r => String(r['name'])))} onMade={show} onClose={() => setOpen(false)} />}
	</> : null;
}

function Renew({ row, show }: RowProps) {
	const [asking, setAsking] = useState(false), name = String(row['name']), holder = String(row['holder']);

	return <>
		<button class="small" onClick={() => setAsking(true)}>{t('pins.renew')}<span class="vh"> {name}</span></button>
		{asking && <Confirm title={t('pins.renew.title', { name: holder || name })} text={t('pins.renew.text')} action={t('pins.renew')}
			onClose={() => setAsking(false)} onYes={async () => {
				const s = await api<Saved>('PATCH', tablePath('routed', 'pin', name), { pin: '' });

				show([{ who: name, name: holder, secret: s.made?.['pin'] ?? '' }]);
			}} />}
	</>;
}

/** Whom wrong PINs have locked, or who is on the way to it. */
function Unlock({ row }: RowProps) {
	const [asking, setAsking] = useState(false), extension = String(row['extension']);

	return <>
		<button class="small" onClick={() => setAsking(true)}>{t(row['locked'] ? 'locks.unlock' : 'locks.forget')}<span class="vh"> {extension}</span></button>
		{asking && <Confirm title={t('locks.title', { extension })} text={t('locks.text')} action={t('locks.unlock')} onClose={() => setAsking(false)}
			onYes={async () => {
				await api('POST', '/methods/routed/Unlock', { extension });
				toast(t('locks.done', { extension }));
			}} />}
	</>;
}

const lockOf = (r: Row) => r as unknown as PinLock;

function LockState({ lock }: { lock: PinLock }) {
	if (!lock.locked)
		return <Badge tone="warn">{t('locks.counting')}</Badge>;
	return <>
		<Badge tone="danger">{t('locks.locked')}</Badge>{' '}
		<Muted>{lock.until_ms ? <>{t('locks.until')} <Moment ms={lock.until_ms} /></> : t('locks.person')}</Muted>
	</>;
}

function useLockColumns(described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	const get = (id: string) => described.find(c => c.id === id)!;

	return [
		{ id: 'state', label: t('locks.state'), value: r => Number(lockOf(r).locked), cell: r => <LockState lock={lockOf(r)} /> },
		...['failed', 'wrong', 'source', 'last_ms'].map(id => ({ ...get(id), wide: true })),
	];
}

export const pinLocks: Extra = { stays: true, useColumns: useLockColumns, RowAction: Unlock };
export const pinSets: Extra = { RowAction: Replace, useColumns: useSetColumns, Drawer: SetDrawer };
export const pins: Extra = { Head: Many, RowAction: Renew };
