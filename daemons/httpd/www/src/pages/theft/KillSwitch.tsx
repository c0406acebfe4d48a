// Ends all calls to the outside and refuses new ones, but for emergency numbers.
import { useState } from 'preact/hooks';
import type { RouteSettings } from 'schema/types';
import { api, tablePath } from '../../api';
import { useTable } from '../../data';
import { mayWrite } from '../../forms';
import { t } from '../../text';
import { Badge, Failed } from '../../ui/bits';
import { Confirm } from '../../ui/confirm';
import { toast } from '../../ui/toast';

export function KillSwitch() {
	const data = useTable<RouteSettings>('routed', 'route_settings'), [asking, setAsking] = useState(false);
	const thrown = !!data.rows[0]?.kill_switch, may = mayWrite('route_settings');

	async function turn(): Promise<void> {
		await api('PATCH', tablePath('routed', 'route_settings', 'general'), { kill_switch: !thrown });
		toast(t(thrown ? 'kill.off.done' : 'kill.on.done'));
		data.reload();
	}

	return <section class={`card kill ${thrown ? 'thrown' : ''}`} aria-labelledby="kill">
		{data.error && <Failed error={data.error} at={data.at} retry={data.reload} />}
		<div class="grow">
			<h2 id="kill">{t('kill')} <Badge tone={thrown ? 'danger' : 'ok'}>{t(thrown ? 'kill.thrown' : 'kill.ready')}</Badge></h2>
			<p class="muted">{t(thrown ? 'kill.thrown.text' : 'kill.text')}</p>
		</div>
		{may && data.ready && <button class={`big ${thrown ? 'primary' : 'danger solid'}`} onClick={() => setAsking(true)}>
			{t(thrown ? 'kill.off' : 'kill.on')}
		</button>}
		{asking && <Confirm danger={!thrown} title={t(thrown ? 'kill.off.title' : 'kill.on.title')} text={t(thrown ? 'kill.off.text' : 'kill.on.text')}
			typed={thrown ? undefined : t('kill.word')} action={t(thrown ? 'kill.off' : 'kill.on')} onClose={() => setAsking(false)} onYes={turn} />}
	</section>;
}
