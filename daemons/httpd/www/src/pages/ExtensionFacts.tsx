// At the head of an extension's drawer: its phones and its password, as they are.
import { t } from '../text';
import { Ago, Moment, Muted } from '../ui/bits';
import { GradeBadge, StateBadge } from './extensionColumns';
import type { Phone } from './extensionData';

export function ExtensionFacts({ phone, renew }: { phone: Phone; renew?: () => void }) {
	return <div class="panel">
		<div class="line"><StateBadge phone={phone} />{phone.bindings.length === 0 && <Muted>{t('ext.nophone')}</Muted>}</div>
		{phone.bindings.map(b => <div class="line" key={b.id}>
			<span class="grow"><span class="mono">{b.source}:{b.source_port}</span> <Muted>{b.transport} · {b.user_agent}</Muted></span>
			<span class="sm muted">{t('ext.since')} <Ago ms={b.since_ms} /></span>
		</div>)}
		<div class="line">
			<span class="grow">
				{t('ext.password')} <GradeBadge phone={phone} />
				<span class="sm muted"> {t('ext.set')} <Moment ms={phone.row.secret_set_ms} /></span>
			</span>
			{renew && <button type="button" class="small" onClick={renew}>{t('ext.renew.do')}</button>}
		</div>
		{phone.row.grade_why && phone.row.grade !== 'strong' && <p class="sm bad">{phone.row.grade_why}</p>}
		{phone.old && <p class="sm bad">{t('ext.old.text')}</p>}
	</div>;
}
