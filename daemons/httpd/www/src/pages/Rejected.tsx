// Who is locked out, why, and how to let them in again, or shut out their whole
// network. Live.
import { useState } from 'preact/hooks';
import type { Rejected as Ban } from 'schema/types';
import { api, asError, tablePath } from '../api';
import { useTable } from '../data';
import { mayWrite } from '../forms';
import { DataTable } from '../list/DataTable';
import type { Column } from '../list/useList';
import { enumText, number, t, tn } from '../text';
import { Ago, Badge, Failed, Muted, PageHead, Skeleton } from '../ui/bits';
import { Confirm } from '../ui/confirm';
import { lazy } from '../ui/lazy';
import { toast } from '../ui/toast';
import { networkOf } from './firewall/shut';
import { RejectDialog } from './RejectDialog';

const RejectedRow = lazy(() => import('./RejectedRow').then(m => m.RejectedRow));

type Open = { what: 'add' } | { what: 'allow' | 'forever' | 'look'; ban: Ban } | null;

const lift = (b: Ban) => api('POST', '/methods/guardd/Unreject', { source: b.source, service: b.service });

/** An allowed address lifts its bans at once. */
const allow = (b: Ban) => api('POST', tablePath('guardd', 'allowed_address'), {
	name: `let-in-${b.source.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`.slice(0, 32).replace(/-$/, ''),
	source: b.source, services: b.service, note: t('rejected.allow.note'),
});

/** Whoever did it from these pages has the address he came from behind his name: that is in the file. */
const By = ({ ban }: { ban: Ban }) => <>
	{enumText(ban.origin)}
	{ban.actor && <Muted> {ban.actor.split('@')[0]}</Muted>}
	{ban.times > 1 && <Muted> {t('rejected.times', { n: ban.times })}</Muted>}
</>;

const Ends = ({ ban }: { ban: Ban }) => ban.until_ms ? <Ago ms={ban.until_ms} /> : <Badge tone="danger">{t('rejected.ever')}</Badge>;

/** Its neighbours, too: a rule of the firewall, to be tried there. */
const Network = ({ of }: { of: string }) => networkOf(of) && mayWrite('common_rule')
	? <a class="network" title={t('rejected.net.how', { net: networkOf(of) })} href={`#/security/firewall?shut=${networkOf(of)}`}>
		{t('rejected.net')}<span class="vh"> {networkOf(of)}</span>
	</a> : null;

/** Opens the row, which asks whose it is. */
const source = (look: (b: Ban) => void): Column<Ban> => ({
	id: 'source', label: t('rejected.source'), value: b => b.source,
	cell: b => <>
		<button class="rowbtn mono" onClick={() => look(b)}>{b.source}</button>
		<Network of={b.source} />
		<span class="narrow">{enumText(b.service)}, {t('rejected.until').toLowerCase()} <Ends ban={b} /></span>
	</>,
});

const COLUMNS = (): Column<Ban>[] => [
	{ id: 'service', label: t('rejected.service'), wide: true, value: b => b.service, cell: b => enumText(b.service) },
	{ id: 'until', label: t('rejected.until'), wide: true, value: b => b.until_ms || Infinity, cell: b => <Ends ban={b} /> },
	{
		id: 'tries', label: t('rejected.tries'), wide: true, right: true, value: b => b.tries,
		cell: b => <span class="num">{number(b.tries)}</span>,
	},
	{ id: 'since', label: t('rejected.since'), wide: true, value: b => b.since_ms, cell: b => <Ago ms={b.since_ms} /> },
	{ id: 'origin', label: t('rejected.by'), wide: true, value: b => b.origin, cell: b => <By ban={b} /> },
	{
		id: 'evidence', label: t('rejected.evidence'), wide: true, wrap: true,
		cell: b => b.evidence ? <>{b.evidence.split('; ').map((line, i) => <div key={i} class="sm">{line}</div>)}</> : <Muted>–</Muted>,
	},
];

/** The list as a file. */
async function save(bans: readonly Ban[]): Promise<void> {
	const [{ csvLine, saveFile }, { localTime }] = await Promise.all([import('../csv'), import('../form/values')]);
	const when = (ms: number) => ms ? localTime(ms) : '';

	saveFile('rejected.csv', csvLine(['source', 'service', 'tries', 'since', 'until', 'times', 'by', 'who', 'evidence']) + bans.map(b =>
		csvLine([b.source, b.service, String(b.tries), when(b.since_ms), when(b.until_ms), String(b.times), b.origin, b.actor, b.evidence])).join(''));
}

/** What can be done with one of them. */
const actions = (open: (o: Open) => void, letIn: (b: Ban[]) => void): Column<Ban> => ({
	id: 'acts', label: '', right: true,
	cell: b => <span class="acts">
		<Act text={t('rejected.in')} ban={b} do={() => letIn([b])} />
		<Act text={t('rejected.allow')} ban={b} do={() => open({ what: 'allow', ban: b })} />
		{b.until_ms > 0 && <Act text={t('rejected.forever')} ban={b} do={() => open({ what: 'forever', ban: b })} />}
	</span>,
});

const Act = (p: { text: string; ban: Ban; do: () => void }) =>
	<button class="small" onClick={p.do}>{p.text}<span class="vh"> {p.ban.source}</span></button>;

/** The two questions asked before a ban changes for good. */
function Ask({ open, close, done }: { open: Open; close: () => void; done: () => void }) {
	if (open?.what === 'allow') {
		const { source, service } = open.ban;

		return <Confirm title={t('rejected.allow.title', { source })} action={t('rejected.allow')} onClose={close}
			text={t('rejected.allow.text', { service: enumText(service) })} onYes={async () => {
				await allow(open.ban);
				toast(t('rejected.allowed', { source }));
				done();
			}} />;
	}
	if (open?.what === 'forever') {
		const { source, service } = open.ban;

		return <Confirm title={t('rejected.forever.title', { source })} action={t('rejected.forever')} onClose={close}
			text={t('rejected.forever.text', { service: enumText(service) })} onYes={async () => {
				await api('POST', '/methods/guardd/Reject', { source, service, seconds: 0 });
				done();
			}} />;
	}
	return null;
}

export function Rejected() {
	const data = useTable<Ban>('guardd', 'rejected', 'ban'), [open, setOpen] = useState<Open>(null);
	const may = mayWrite('rejected') && mayWrite('allowed_address'), close = () => setOpen(null);

	const letIn = (bans: Ban[]) => {
		Promise.all(bans.map(lift))
			.then(() => toast(tn('rejected.lifted', bans.length, { source: bans[0]?.source ?? '' })), e => toast(asError(e).message))
			.finally(data.reload);
	};

	return <>
		<PageHead title={t('rejected')} count={data.rows.length}>
			{data.rows.length > 0 && <button onClick={() => { save(data.rows).catch(e => toast(asError(e).message)); }}>{t('csv.out')}</button>}
			{may && <button class="primary" onClick={() => setOpen({ what: 'add' })}>{t('rejected.add')}</button>}
		</PageHead>
		<p class="lead">{t('rejected.lead')}</p>
		{data.error && <Failed error={data.error} at={data.at} retry={data.reload} />}
		{!data.ready ? <Skeleton /> : <DataTable label={t('rejected')} rows={data.rows} keyOf={b => b.id} sort=""
			placeholder={t('rejected.search')} search={b => `${b.source} ${b.service} ${b.origin} ${b.actor} ${b.evidence}`}
			columns={[source(ban => setOpen({ what: 'look', ban })), ...COLUMNS(), ...may ? [actions(setOpen, letIn)] : []]} empty={<p>{t('rejected.empty')}</p>}
			bulk={may ? (bans, clear) => <button onClick={() => { letIn(bans); clear(); }}>{t('rejected.in')}</button> : undefined} />}
		{open?.what === 'add' && <RejectDialog onClose={close} onDone={data.reload} />}
		{open?.what === 'look' && <RejectedRow ban={open.ban} columns={COLUMNS()} onClose={close} />}
		<Ask open={open} close={close} done={data.reload} />
	</>;
}
