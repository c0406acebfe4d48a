// How it is now: what wants a person first, then calls and figures, live.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Binding, Call, Extension, Firewall, RouteSettings } from 'schema/types';
import { api, asError, get, isAdmin, login, type ApiError } from '../api';
import { useLiveTable, useTable } from '../data';
import { mayRead } from '../forms';
import { live, now, on, type Live, type Peer } from '../live';
import { ago, duration, enumText, lasting, number, t, tn } from '../text';
import { Badge, Failed, Moment, PageHead, Skeleton } from '../ui/bits';
import { toast } from '../ui/toast';

interface Answer { version: string; now_ms: number; since_ms: number; live: Live; daemons: Peer[] }
interface Point { id: string; text: string; href: string; tone: 'danger' | 'warn' }

const MOST_POINTS = 5;

/** Read once, then kept by the events. */
function useStatus(): { status?: Answer; error?: ApiError; reload: () => void } {
	const [status, setStatus] = useState<Answer>(), [error, setError] = useState<ApiError>();
	const reload = () => { get<Answer>('/status').then(s => { setStatus(s); setError(undefined); }, e => setError(asError(e))); };

	useEffect(() => {
		const stops = [on('again', reload), on('daemon', reload)];

		reload();
		return () => stops.forEach(stop => stop());
	}, []);
	return { status, error, reload };
}

function Figure({ label, value, href, note }: { label: string; value: string; href: string; note?: ComponentChildren }) {
	return <a class="card figure-card" href={href}>
		<span class="muted">{label}</span>
		<b class="num">{value}</b>
		<span class="sm muted">{note}</span>
	</a>;
}

function Points({ points }: { points: Point[] }) {
	if (!points.length)
		return null;
	return <section class="card" aria-labelledby="points">
		<header><h2 id="points">{t('points')}</h2></header>
		<ul class="points">{points.slice(0, MOST_POINTS).map(p => <li key={p.id}>
			<span class={`mark ${p.tone}`} aria-hidden="true">!</span><span class="grow">{p.text}</span>
			{p.href && <a class="button" href={p.href}>{t('open')}<span class="vh"> {p.text}</span></a>}
		</li>)}</ul>
	</section>;
}

function Calls({ calls }: { calls: Call[] }) {
	const may = isAdmin() || login.value?.role === 'operator';

	const hangUp = (c: Call) => {
		api('POST', '/methods/sipd/Hangup', { call: c.id }).then(() => toast(t('calls.ended', { from: c.caller, to: c.callee })),
			e => toast(asError(e).message));
	};

	return <section class="card" aria-labelledby="calls">
		<header><h2 id="calls">{t('calls')}</h2><Badge>{calls.length}</Badge></header>
		{calls.length === 0 ? <p class="empty">{t('calls.none')}</p> : <div class="tw" tabIndex={0} role="region"
			aria-label={t('list.scroll', { list: t('calls') })}><table>
			<thead><tr>
				<th scope="col">{t('calls.from')}</th>
				<th scope="col">{t('calls.to')}</th>
				<th scope="col">{t('calls.state')}</th>
				<th scope="col" class="right">{t('calls.time')}</th>
				{may && <th scope="col"><span class="vh">{t('list.actions')}</span></th>}
			</tr></thead>
			<tbody>{calls.map(c => <tr key={c.id} data-key={c.id}>
				<td><b class="num">{c.caller}</b> <span class="muted">{c.caller_name}</span></td>
				<td class="num">{c.callee}</td>
				<td><Badge tone={c.state === 'up' ? 'ok' : 'info'}>{enumText(c.state)}</Badge></td>
				<td class="right num">{lasting((now.value - (c.answer_ms || c.start_ms)) / 1000)}</td>
				{may && <td class="right"><button class="small danger" onClick={() => hangUp(c)}>
					{t('calls.hangup')}<span class="vh"> {c.caller}</span>
				</button></td>}
			</tr>)}</tbody>
		</table></div>}
	</section>;
}

function System({ s }: { s: Answer }) {
	return <section class="card" aria-labelledby="system">
		<header><h2 id="system">{t('system')}</h2><span class="grow" /><span class="sm muted">{t('system.version', { version: s.version })}</span></header>
		<ul class="daemons">{s.daemons.map(d => <li key={d.name}>
			<span class={`dot ${d.there ? 'ok' : 'danger'}`} aria-hidden="true" />
			<span><b>{t(`daemon.${d.name as 'sipd'}`)}</b> <span class="muted mono">{d.name}</span></span>
			<span class="grow" />
			<span class={d.there ? 'muted sm' : 'bad sm'}>{t(d.there ? 'daemon.up' : 'daemon.silent', { since: ago(d.since_ms, now.value) })}</span>
		</li>)}</ul>
		<p class="foot sm muted">{t('system.since', { time: duration((now.value - s.since_ms) / 1000) })} <Moment ms={s.since_ms} /></p>
	</section>;
}

/** Only what somebody can do something about. */
function usePoints(s: Answer | undefined, bindings: Binding[], extensions: Extension[]): Point[] {
	const alerts = useLiveTable('guardd', 'alert').rows.length;
	const general = useTable<RouteSettings>('routed', 'route_settings').rows[0], walls = useTable<Firewall>('fwd', 'firewall'), out: Point[] = [];
	const weak = extensions.filter(e => e.grade === 'weak').length, shared = extensions.filter(e => e.grade === 'shared').length;
	const old = new Set(bindings.filter(b => b.old_secret).map(b => b.extension)).size;

	for (const d of s?.daemons ?? [])
		if (!d.there)
			out.push({
				id: d.name, tone: 'danger', href: '',
				text: t('points.silent', { what: t(`daemon.${d.name as 'sipd'}`), since: ago(d.since_ms, now.value) }),
			});
	if (walls.rows[0] && !walls.rows[0].enabled)
		out.push({ id: 'wall', tone: 'danger', href: '#/security/firewall', text: t('points.wall') });
	if (alerts)
		out.push({ id: 'alerts', tone: 'danger', href: '#/security/alerts-now', text: tn('points.alerts', alerts) });
	if (general?.kill_switch)
		out.push({ id: 'kill', tone: 'danger', href: '#/security/theft', text: t('points.kill') });
	if (weak)
		out.push({ id: 'weak', tone: 'danger', href: '#/basic/extensions?show=weak', text: tn('points.weak', weak) });
	if (shared)
		out.push({ id: 'shared', tone: 'warn', href: '#/basic/extensions?show=shared', text: tn('points.shared', shared) });
	if (old)
		out.push({ id: 'old', tone: 'warn', href: '#/basic/extensions?show=old', text: tn('points.old', old) });
	return out;
}

export function Status() {
	const { status, error, reload } = useStatus(), l = live.value ?? status?.live;
	const calls = useTable<Call>('sipd', 'call', 'call'), bindings = useTable<Binding>('sipd', 'binding', 'binding');
	const extensions = useTable<Extension>('sipd', 'extension'), points = usePoints(status, bindings.rows, extensions.rows);

	if (!status || !l)
		return <><PageHead title={t('nav.status')} />{error ? <Failed error={error} at={0} retry={reload} /> : <Skeleton />}</>;
	return <>
		<PageHead title={t('nav.status')} />
		<div class="figures">
			<Figure label={t('live.calls')} value={number(l.calls)} href="#/" note={t('figures.calls')} />
			<Figure label={t('live.registered')} value={`${number(l.registered)} / ${number(l.extensions)}`}
				href="#/basic/extensions?show=registered" note={t('figures.registered')} />
			{mayRead('rejected') && <Figure label={t('live.bans')} value={number(l.bans)} href="#/security/rejected"
				note={t('figures.bans')} />}
		</div>
		<Points points={points} />
		{calls.error && <Failed error={calls.error} at={calls.at} retry={calls.reload} />}
		{/* never read: nobody knows whether anybody talks */}
		{!(calls.error && !calls.at) && <Calls calls={calls.rows} />}
		<System s={status} />
	</>;
}
