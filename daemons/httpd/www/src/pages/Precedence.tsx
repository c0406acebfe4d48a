// In which order the packet filter looks (SPEC 7), with a way to each.
import { path } from '../route';
import { t, type MsgId } from '../text';

/** SPEC's order, first to last; the first that decides has decided. */
const PATH: readonly { id: MsgId; href?: string }[] = [
	{ id: 'path.forged', href: '#/security/local-networks' },
	{ id: 'path.allowed', href: '#/security/allowed' },
	{ id: 'path.rejected', href: '#/security/rejected' },
	{ id: 'path.defense', href: '#/security/defense' },
	{ id: 'path.replies' },
	{ id: 'path.ping', href: '#/security/firewall' },
	{ id: 'path.rules', href: '#/security/firewall' },
	{ id: 'path.rest' },
];

export function Precedence({ dropAll }: { dropAll: boolean }) {
	return <ol class="path">{PATH.map(p => <li key={p.id}>
		{p.href && `#${path.value}` !== p.href ? <a href={p.href}>{t(p.id)}</a> : p.id === 'path.rest' ? t(dropAll ? 'path.drop' : 'path.accept') : t(p.id)}
	</li>)}</ol>;
}
