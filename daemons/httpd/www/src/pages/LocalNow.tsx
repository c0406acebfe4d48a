// Which networks count as local now: those of the box's own interfaces besides
// what somebody added.
import { useLive } from '../data';
import { t } from '../text';
import { Muted } from '../ui/bits';

interface Network { network: string; interface: string; origin: 'interface' | 'setting' }

export function LocalNow() {
	const { rows } = useLive<Network>('/methods/fwd/Networks');

	return rows.length ? <section class="panel" aria-labelledby="local-now">
		<h2 id="local-now">{t('local.now')}</h2>
		<p class="sm muted">{t('local.why')}</p>
		<ul class="counts">{rows.map(n => <li key={`${n.network} ${n.interface}`}>
			<span class="mono">{n.network}</span> <Muted>{n.origin === 'setting' ? t('local.setting') : n.interface}</Muted>
		</li>)}</ul>
	</section> : null;
}
