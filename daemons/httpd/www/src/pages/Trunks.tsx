// The list of trunks with how each is now: registered or not, since when, how
// fast it answers, what went wrong last in words.
import { useState } from 'preact/hooks';
import type { Credit, Trunk, TrunkState, Usage } from 'schema/types';
import type { Row } from '../api';
import { useLiveTable, useTable, type Data } from '../data';
import { mayWrite } from '../forms';
import type { Column } from '../list/useList';
import { money } from '../money';
import { duration, enumText, number, t } from '../text';
import { Ago, Badge, Muted, type Tone } from '../ui/bits';
import { Used } from '../ui/Used';
import { EACH } from './Credit';
import type { Extra, RowProps } from './extras';
import { TestTrunk } from './TestTrunk';
import { TrunkKind } from './TrunkKind';
import { TrunkSwitch } from './TrunkSwitch';
import { useTrunkUse, type TrunkUse } from './trunkUse';

const TONES: Record<string, Tone> = {
	off: '', trying: 'info', registered: 'ok', reachable: 'ok', refused: 'danger', unreachable: 'danger', unchecked: '',
};

const none = <Muted>–</Muted>;
/* so many fit in a row's height */
const USERS = 2;

const latency = (us: number): string => t('unit.ms', { n: us < 10000 ? Math.round(us / 100) / 10 : Math.round(us / 1000) });

function State({ s, off }: { s?: TrunkState; off: boolean }) {
	const state = off ? 'off' : s?.state ?? 'trying';

	return <>
		<Badge tone={TONES[state] ?? ''}>{enumText(state)}</Badge>
		{s && s.since_ms > 0 && !off && <div class="muted sm only-wide">
			<Ago ms={s.since_ms} />{s.latency_us > 0 && <span title={t('trunk.latency')}>, {latency(s.latency_us)}</span>}
		</div>}
	</>;
}

interface Cap { credit: Credit; usage?: Usage }

/** The tightest cap of a trunk that one looks at first: that of the day. */
function useCaps(): (name: string) => Cap | undefined {
	const caps = useTable<Credit>('routed', 'credit').rows, usage = useLiveTable<Usage>('routed', 'usage').rows;
	const order = ['day', 'week', 'month', 'total'];

	return name => {
		const of = (who: string) => caps.filter(c => c.enabled && c.scope === 'trunk' && c.who === who), own = of(name);
		const credit = (own.length ? own : of(EACH)).sort((a, b) => order.indexOf(a.period) - order.indexOf(b.period))[0];

		return credit && { credit, usage: usage.find(u => u.credit === credit.name && u.who === name) };
	};
}

/** What was spent of its cap, in money where the cap has some. */
function Spent({ cap }: { cap?: Cap }) {
	if (!cap)
		return <Muted>{t('trunk.nocap')}</Muted>;
	const { credit: c, usage: u } = cap;

	return <a href={`#/reports/spend?q=${encodeURIComponent(c.name)}`}>
		{c.money_milli ? <Used used={u?.money_milli ?? 0} held={0} most={c.money_milli} say={money} />
			: <Used used={u?.seconds ?? 0} held={0} most={c.seconds} say={duration} />}
		{c.period !== 'day' && <Muted> {enumText(c.period)}</Muted>}
	</a>;
}

/** Who names it; and as which of how many, for that is its order. */
function Users({ name, use }: { name: string; use: TrunkUse }) {
	const rules = use.rules.map(r => r.order.length < 2 ? r.name
		: t('trunk.place', { rule: r.name, n: r.order.indexOf(name) + 1, of: r.order.length }));
	const all = [...rules, ...use.inbound];

	return all.length ? <div class="sm" title={all.join(', ')}>
		{all.slice(0, USERS).map(u => <div key={u}>{u}</div>)}
		{all.length > USERS && <Muted>{t('used.more', { n: all.length - USERS })}</Muted>}
	</div> : none;
}

function useColumns(_described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	const states = new Map(useLiveTable<TrunkState>('sipd', 'trunk_state').rows.map(s => [s.name, s]));
	const capOf = useCaps(), useOf = useTrunkUse(), of = (r: Row) => states.get(String(r['name'])), trunk = (r: Row) => r as unknown as Trunk;

	return [
		{
			id: 'state', label: t('trunk.state'), wrap: true, value: r => of(r)?.state ?? '', cell: r => <>
				<State s={of(r)} off={!r['enabled']} />
				{of(r)?.last_error && r['enabled'] && <div class="sm bad">{of(r)!.last_error}</div>}
			</>,
		},
		{
			id: 'calls', label: t('trunk.calls'), wide: true, right: true, value: r => of(r)?.calls ?? 0,
			cell: r => <span class="num">{trunk(r).max_calls
				? t('trunk.of', { n: of(r)?.calls ?? 0, most: trunk(r).max_calls }) : number(of(r)?.calls ?? 0)}</span>,
		},
		{ id: 'spent', label: t('trunk.spent'), wide: true, cell: r => <Spent cap={capOf(trunk(r).name)} /> },
		{
			id: 'host', label: t('trunk.address'), wide: true, value: r => trunk(r).host,
			cell: r => <><span class="mono">{trunk(r).host}</span><div class="sm muted">{enumText(trunk(r).transport)}, {t(trunk(r).register ? 'trunk.register' : 'trunk.peer')}</div></>,
		},
		{
			id: 'failures', label: t('trunk.failures'), wide: true, right: true, value: r => of(r)?.failures_day ?? 0,
			cell: r => <span class="num" title={t('trunk.failures.text')}>{number(of(r)?.failures_day ?? 0)}</span>,
		},
		{ id: 'users', label: t('used.by'), wide: true, cell: r => <Users name={trunk(r).name} use={useOf(trunk(r).name)} /> },
	];
}

/** In which order it is tried, and where that is set. */
const Order = ({ rules }: Pick<TrunkUse, 'rules'>) => <>
	<p class="sm muted">{t(rules.length ? 'trunk.order' : 'trunk.order.none')}</p>
	{rules.length > 0 && <ul class="sm">{rules.map(r =>
		<li key={r.name}><a href={`#/basic/dial-rules?q=${encodeURIComponent(r.name)}`}>{r.name}</a>: {r.order.join(', ')}</li>)}</ul>}
</>;

/** How it is now, over the form. */
function Drawer({ row }: { row?: Row }) {
	const s = useLiveTable<TrunkState>('sipd', 'trunk_state').rows.find(x => x.name === row?.['name']);
	const useOf = useTrunkUse();

	if (!row || !s)
		return null;
	return <div class="panel">
		<div class="line"><State s={s} off={!row['enabled']} />{s.address && <span class="mono">{s.address}</span>}</div>
		{s.last_error && <p class="sm bad">{s.last_error}</p>}
		<Order rules={useOf(String(row['name'])).rules} />
	</div>;
}

function Actions({ row }: Pick<RowProps, 'row'>) {
	const [open, setOpen] = useState(false), name = String(row['name']);

	if (!mayWrite('trunk'))
		return null;
	return <>
		<button type="button" class="small" onClick={() => setOpen(true)}>{t('test')}<span class="vh"> {name}</span></button>
		{open && <TestTrunk name={name} onClose={() => setOpen(false)} />}
		<TrunkSwitch row={row} />
	</>;
}

export const trunks: Extra = { inside: true, useColumns, Drawer, RowAction: Actions, fields: { name: TrunkKind } };
