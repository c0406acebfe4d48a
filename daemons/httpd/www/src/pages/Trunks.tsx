// The list of trunks with how each is now: registered or not, since when, how
// fast it answers, what went wrong last in words.
import type { Trunk, TrunkState } from 'schema/types';
import type { Row } from '../api';
import { useLiveTable, type Data } from '../data';
import type { Column } from '../list/useList';
import { enumText, number, t } from '../text';
import { Ago, Badge, Muted, type Tone } from '../ui/bits';
import type { Extra } from './extras';

const TONES: Record<string, Tone> = {
	off: '', trying: 'info', registered: 'ok', reachable: 'ok', refused: 'danger', unreachable: 'danger', unchecked: '',
};

const none = <Muted>–</Muted>;

function State({ s, off }: { s?: TrunkState; off: boolean }) {
	const state = off ? 'off' : s?.state ?? 'trying';

	return <>
		<Badge tone={TONES[state] ?? ''}>{enumText(state)}</Badge>
		{s && s.since_ms > 0 && !off && <span class="muted sm only-wide"> <Ago ms={s.since_ms} /></span>}
	</>;
}

const latency = (us: number): string => t('unit.ms', { n: us < 10000 ? Math.round(us / 100) / 10 : Math.round(us / 1000) });

function useColumns(_described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	const states = new Map(useLiveTable<TrunkState>('sipd', 'trunk_state').rows.map(s => [s.name, s]));
	const of = (r: Row) => states.get(String(r['name'])), trunk = (r: Row) => r as unknown as Trunk;

	return [
		{ id: 'state', label: t('trunk.state'), value: r => of(r)?.state ?? '', cell: r => <State s={of(r)} off={!r['enabled']} /> },
		{
			id: 'calls', label: t('trunk.calls'), right: true, value: r => of(r)?.calls ?? 0,
			cell: r => <span class="num">{trunk(r).max_calls
				? t('trunk.of', { n: of(r)?.calls ?? 0, most: trunk(r).max_calls }) : number(of(r)?.calls ?? 0)}</span>,
		},
		{
			id: 'host', label: t('trunk.address'), wide: true, value: r => trunk(r).host,
			cell: r => <><span class="mono">{trunk(r).host}</span> <Muted>{enumText(trunk(r).transport)}</Muted></>,
		},
		{ id: 'kind', label: t('trunk.kind'), wide: true, cell: r => t(trunk(r).register ? 'trunk.register' : 'trunk.peer') },
		{
			id: 'latency', label: t('trunk.latency'), wide: true, right: true, value: r => of(r)?.latency_us ?? 0,
			cell: r => of(r)?.latency_us ? <span class="num">{latency(of(r)!.latency_us)}</span> : none,
		},
		{
			id: 'failures', label: t('trunk.failures'), wide: true, right: true, value: r => of(r)?.failures ?? 0,
			cell: r => <span class="num">{number(of(r)?.failures ?? 0)}</span>,
		},
		{ id: 'error', label: t('trunk.error'), wide: true, wrap: true, cell: r => of(r)?.last_error ? <span class="sm">{of(r)!.last_error}</span> : none },
	];
}

/** How it is now, over the form. */
function Drawer({ row }: { row?: Row }) {
	const s = useLiveTable<TrunkState>('sipd', 'trunk_state').rows.find(x => x.name === row?.['name']);

	if (!row || !s)
		return null;
	return <div class="panel">
		<div class="line"><State s={s} off={!row['enabled']} />{s.address && <span class="mono">{s.address}</span>}</div>
		{s.last_error && <p class="sm bad">{s.last_error}</p>}
	</div>;
}

export const trunks: Extra = { useColumns, Drawer };
