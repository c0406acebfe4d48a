// Auto defense: what each row has discarded so far, and whom it would have cut
// off by what the kernel measured; the same for a row that is being typed, which
// can begin with values for a service.
import type { Firewall, SipSettings, WebSettings } from 'schema/types';
import type { Row } from '../api';
import { useLive, useTable, type Data } from '../data';
import type { Editing } from '../form/useEdit';
import type { Column } from '../list/useList';
import { moment, number, t, tn, type MsgId } from '../text';
import { Ago, Badge, Muted } from '../ui/bits';
import { lazy } from '../ui/lazy';
import type { Extra } from './extras';

const RateChart = lazy(() => import('./RateChart').then(m => m.RateChart));

interface Count { kind: string; rule: string; packets: number; last_ms: number }
interface Rate { rule: string; since_ms: number; sources: number; cut: number; phones: number; enough: number; enough_known: number; busiest: string; top: string }

const who = (r: Rate): string => r.phones ? tn('rate.phones', r.phones) : r.cut ? tn('rate.sources', r.cut) : t('rate.nobody');

const WouldCut = ({ rate }: { rate?: Rate }) => rate?.since_ms
	? <Badge tone={rate.phones ? 'danger' : rate.cut ? 'warn' : 'ok'} title={rate.busiest}>{who(rate)}</Badge>
	: <Muted>{t('rate.none')}</Muted>;

function useColumns(described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	const counts = new Map(useLive<Count>('/methods/fwd/Counters').rows.filter(c => c.kind === 'defense').map(c => [c.rule, c]));
	const rates = new Map(useLive<Rate>('/methods/fwd/Rates').rows.map(r => [r.rule, r]));
	const of = (r: Row) => counts.get(String(r['name'])), rate = (r: Row) => rates.get(String(r['name']));

	return [...described.map((c): Column<Row> => ({
		...c, wide: c.id !== 'port',
		cell: r => c.id !== 'ban_s' || Number(r['ban_s']) ? c.cell(r) : <Muted>{t('defense.noban')}</Muted>,
	})), {
		id: 'rate', label: t('rate'), value: r => rate(r)?.cut ?? 0, cell: r => <WouldCut rate={rate(r)} />,
	}, {
		id: 'discarded', label: t('defense.discarded'), wide: true, right: true, value: r => of(r)?.packets ?? 0,
		cell: r => <span class="num">{number(of(r)?.packets ?? 0)}</span>,
	}, {
		id: 'last', label: t('wall.last'), wide: true, value: r => of(r)?.last_ms ?? 0,
		cell: r => of(r)?.last_ms ? <Ago ms={of(r)!.last_ms} /> : <Muted>{t(of(r)?.packets ? 'wall.before' : 'wall.never')}</Muted>,
	}];
}

/** The question about what stands in the form; none while a figure is missing. */
function question({ edit }: Editing): string | null {
	const [protocol, port, packets, seconds, counted] = ['protocol', 'port', 'packets', 'seconds', 'counted'].map(f => String(edit[f] ?? '').trim());

	return /^\d+(-\d+)?$/.test(port!) && Number(packets) > 0 && Number(seconds) > 0
		? `/methods/fwd/WouldExceed?${new URLSearchParams({ protocol: protocol!, port: port!, packets: packets!, seconds: seconds!, counted: counted! })}` : null;
}

function UnderLimit({ editing }: { editing: Editing }) {
	const path = question(editing), rate = useLive<Rate>(path).rows[0], { packets, seconds } = editing.edit;

	if (!path || rate?.since_ms === undefined)
		return null;
	if (!rate.since_ms)
		return <p class="banner info" role="status">{t('rate.unmeasured')}</p>;
	return <><div class={`banner stack ${rate.phones ? 'danger' : rate.cut ? 'warn' : 'info'}`} role="status">
		<p>{tn('rate.would', rate.sources, { packets: String(packets), seconds: String(seconds), who: who(rate), since: moment(rate.since_ms) })}</p>
		{rate.busiest && <p class="sm">{t(rate.cut ? 'rate.them' : 'rate.busiest', { busiest: rate.busiest, enough: rate.enough })}</p>}
		{rate.enough_known > Number(packets) && <span class="inrow">
			<span class="sm">{t('rate.enough', { enough: rate.enough_known })}</span>
			<button type="button" onClick={() => editing.set('packets', String(rate.enough_known))}>{t('rate.take', { enough: rate.enough_known })}</button>
		</span>}
	</div>
	<RateChart top={rate.top} limit={Number(packets)} seconds={Number(seconds)} />
	</>;
}

interface Preset { id: string; label: MsgId; protocol: 'udp' | 'tcp'; port?: number; packets: number; seconds: number }

/** SSH is the guide's (6.3). The others leave room for an office behind one address; what came so far says whether it is enough. */
const presets = (wall?: Firewall, web?: WebSettings, sip?: SipSettings): Preset[] => [
	{ id: 'ssh', label: 'service.ssh', protocol: 'tcp', port: wall?.ssh_port, packets: 10, seconds: 60 },
	{ id: 'web', label: 'service.https', protocol: 'tcp', port: web?.port, packets: 120, seconds: 60 },
	{ id: 'sip', label: 'service.sip', protocol: 'udp', port: sip?.port, packets: 1200, seconds: 60 },
	{ id: 'sip-tls', label: 'service.sips', protocol: 'tcp', port: sip?.tls_port, packets: 60, seconds: 60 },
];

function Presets({ editing }: { editing: Editing }) {
	const wall = useTable<Firewall>('fwd', 'firewall').rows[0], web = useTable<WebSettings>('httpd', 'web_settings').rows[0];
	const sip = useTable<SipSettings>('sipd', 'sip_settings').rows[0];
	const take = (p: Preset) => {
		if (!String(editing.edit['name'] ?? '').trim())
			editing.set('name', p.id);
		editing.set('protocol', p.protocol);
		editing.set('port', String(p.port));
		editing.set('packets', String(p.packets));
		editing.set('seconds', String(p.seconds));
		editing.set('counted', 'auto');
	};

	return <div class="stack" role="group" aria-label={t('preset')}>
		<span class="help">{t('preset')}</span>
		<span class="presets">{presets(wall, web, sip).filter(p => p.port).map(p =>
			<button key={p.id} type="button" class="small" onClick={() => take(p)}>{t('preset.of', { service: t(p.label), n: p.packets, seconds: p.seconds })}</button>)}
		</span>
	</div>;
}

export const defense: Extra = { useColumns, fields: { name: Presets, seconds: UnderLimit } };
