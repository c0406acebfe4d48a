// What kind of line a new trunk is: fills in the fields that follow from it.
import { useState } from 'preact/hooks';
import type { Editing } from '../form/useEdit';
import type { Edit } from '../form/values';
import type { Row } from '../api';
import { t, type MsgId } from '../text';

const KINDS: Readonly<Record<string, Edit>> = {
	account: { register: true, transport: 'udp', qualify_s: '60' },
	secure: { register: true, transport: 'tls', check_certificate: true, qualify_s: '60' },
	fixed: { register: false, transport: 'udp', qualify_s: '60' },
	house: { register: false, transport: 'tcp', qualify_s: '30', identity: 'pai', codecs: 'pcma\npcmu\ng722' },
};

export function TrunkKind({ editing, row }: { editing: Editing; row?: Row }) {
	const [kind, setKind] = useState('');

	if (row)
		return null;
	const choose = (k: string) => {
		setKind(k);
		for (const [name, v] of Object.entries(KINDS[k] ?? {}))
			editing.set(name, v);
	};

	return <div class="field">
		<label for="trunk-kind">{t('kind')}</label>
		<div class="help" id="trunk-kind-h">{t(kind ? `kind.${kind}.help` as MsgId : 'kind.help')}</div>
		<select id="trunk-kind" aria-describedby="trunk-kind-h" value={kind} onChange={e => choose(e.currentTarget.value)}>
			<option value="">{t('ref.choose')}</option>
			{Object.keys(KINDS).map(k => <option key={k} value={k}>{t(`kind.${k}` as MsgId)}</option>)}
		</select>
	</div>;
}
