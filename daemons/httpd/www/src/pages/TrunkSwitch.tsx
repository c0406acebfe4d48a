// "Disable" and "Enable" of a trunk: before it is cut, what that ends.
import { useState } from 'preact/hooks';
import type { Trunk, TrunkState } from 'schema/types';
import { api, asError, tablePath, type Row } from '../api';
import { useLiveTable } from '../data';
import { t, tn } from '../text';
import { Confirm } from '../ui/confirm';
import { toast } from '../ui/toast';
import { useTrunkUse } from './trunkUse';

const turn = (name: string, enabled: boolean): Promise<unknown> => api('PATCH', tablePath('sipd', 'trunk', name), { enabled });

async function enable(name: string): Promise<void> {
	try {
		await turn(name, true);
		toast(t('trunk.on.done', { name }));
	} catch (e) {
		toast(asError(e).message);
	}
}

async function disable(name: string): Promise<void> {
	await turn(name, false);
	toast(t('trunk.off.done', { name }), () => { void enable(name); });
}

function Cut({ trunk, onClose }: { trunk: Trunk; onClose: () => void }) {
	const name = trunk.name, use = useTrunkUse()(name);
	const calls = useLiveTable<TrunkState>('sipd', 'trunk_state').rows.find(s => s.name === name)?.calls ?? 0;
	const said = [
		calls > 0 && tn('trunk.off.calls', calls),
		use.stranded.length > 0 && t('trunk.off.stranded', { rules: use.stranded.join(', ') }),
		use.spared.length > 0 && t('trunk.off.spared', { rules: use.spared.join(', ') }),
		use.emergency.length > 0 && t('trunk.off.emergency', { numbers: use.emergency.join(', ') }),
		t(trunk.register ? 'trunk.off.registered' : 'trunk.off.in'),
	];

	return <Confirm danger title={t('trunk.off.title', { name })} text={t('trunk.off.text')} action={t('trunk.off')}
		onClose={onClose} onYes={() => disable(name)}>
		<ul>{said.filter(Boolean).map(line => <li key={String(line)}>{line}</li>)}</ul>
	</Confirm>;
}

export function TrunkSwitch({ row }: { row: Row }) {
	const [asking, setAsking] = useState(false), trunk = row as unknown as Trunk;

	return <>
		<button type="button" class="small" onClick={() => {
			if (trunk.enabled)
				setAsking(true);
			else
				void enable(trunk.name);
		}}>{t(trunk.enabled ? 'trunk.off' : 'trunk.on')}<span class="vh"> {trunk.name}</span></button>
		{asking && <Cut trunk={trunk} onClose={() => setAsking(false)} />}
	</>;
}
