// What listens on this box, where its port is set, and whether a stranger gets in.
import type { Firewall, MediaSettings, SipSettings, WebSettings } from 'schema/types';
import { useRows, useTable } from '../data';
import { enumText, t, type MsgId } from '../text';
import { Badge, Failed, Muted, PageHead, Skeleton } from '../ui/bits';

interface Service { id: string; title: MsgId; protocol: 'udp' | 'tcp'; port: number; range?: string; href?: string; ours: boolean }
interface Verdict { verdict: 'accept' | 'drop'; why: string; rule: string }

/* an address that is nobody's (RFC 5737): a stranger */
const STRANGER = '192.0.2.200';

const other = (id: string, title: MsgId, protocol: 'udp' | 'tcp', port: number): Service =>
	({ id, title, protocol, port, href: '#/security/firewall', ours: false });

/** Ours are there while their daemon is; the others are ports that people expect here. */
function services(sip: SipSettings, web: WebSettings, media: MediaSettings, wall: Firewall): Service[] {
	return [
		{ id: 'https', title: 'service.https', protocol: 'tcp', port: web.port, href: '#/system/web', ours: true },
		{ id: 'sip-udp', title: 'service.sip', protocol: 'udp', port: sip.port, href: '#/advanced/sip', ours: true },
		{ id: 'sip-tcp', title: 'service.sip', protocol: 'tcp', port: sip.port, href: '#/advanced/sip', ours: true },
		{ id: 'sips', title: 'service.sips', protocol: 'tcp', port: sip.tls_port, href: '#/advanced/sip', ours: true },
		{
			id: 'rtp', title: 'service.rtp', protocol: 'udp', port: media.port_min, range: `${media.port_min}–${media.port_max}`,
			href: '#/advanced/media', ours: true,
		},
		other('ssh', 'service.ssh', 'tcp', wall.ssh_port), other('iax2', 'service.iax2', 'udp', wall.iax2_port), other('ami', 'service.ami', 'tcp', wall.ami_port),
	];
}

function Seen({ s }: { s: Service }) {
	const q = new URLSearchParams({ source: STRANGER, protocol: s.protocol, port: String(s.port) });
	const v = useRows<Verdict>(`/methods/fwd/Would?${q}`, (name, d) => (name === 'changed' && (d as { daemon: string }).daemon === 'fwd')
		|| (name === 'daemon' && (d as { name: string }).name === 'fwd')).rows[0];

	if (!v)
		return null;
	return <><Badge tone={v.verdict === 'drop' ? 'ok' : s.ours ? 'info' : 'warn'}>{t(`would.${v.verdict}`)}</Badge> <span class="sm muted">{v.rule || v.why}</span></>;
}

export function Service() {
	const sip = useTable<SipSettings>('sipd', 'sip_settings'), web = useTable<WebSettings>('httpd', 'web_settings');
	const media = useTable<MediaSettings>('mediad', 'media_settings'), wall = useTable<Firewall>('fwd', 'firewall');
	const all = [sip, web, media, wall], error = all.find(d => d.error)?.error;
	const ready = sip.rows[0] && web.rows[0] && media.rows[0] && wall.rows[0];

	return <>
		<PageHead title={t('service')} />
		<p class="lead">{t('service.lead')}</p>
		{error && <Failed error={error} at={sip.at} retry={() => all.forEach(d => d.reload())} />}
		{!ready ? <Skeleton /> : <section class="card" aria-label={t('service')}><div class="tw" tabIndex={0} role="region" aria-label={t('list.scroll', { list: t('service') })}><table>
			<thead><tr>
				<th scope="col">{t('service.what')}</th><th scope="col">{t('service.port')}</th><th scope="col" class="wide">{t('service.listens')}</th>
				<th scope="col">{t('service.seen')}</th><th scope="col" class="wide">{t('service.guard')}</th>
			</tr></thead>
			<tbody>{services(sip.rows[0]!, web.rows[0]!, media.rows[0]!, wall.rows[0]!).map(s => <tr key={s.id} data-key={s.id}>
				<td>{s.href ? <a href={s.href}><b>{t(s.title)}</b></a> : <b>{t(s.title)}</b>}</td>
				<td class="num">{s.range ?? s.port} <span class="muted">{enumText(s.protocol)}</span></td>
				<td class="wide"><Badge tone={s.ours ? 'ok' : ''}>{t(s.ours ? 'service.yes' : 'service.not')}</Badge></td>
				<td><Seen s={s} /></td>
				<td class="wide">{s.id === 'rtp' ? <Muted>{t('service.none')}</Muted> : <a href="#/security/fail2ban">{t('service.fail2ban')}</a>}</td>
			</tr>)}</tbody>
		</table></div></section>}
	</>;
}
