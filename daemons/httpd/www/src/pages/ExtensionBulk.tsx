// One deed for all ticked extensions: all of them or none.
import { useState } from 'preact/hooks';
import { applyRows, asError } from '../api';
import { t, tn } from '../text';
import { Alert } from '../ui/bits';
import { Confirm } from '../ui/confirm';
import { Dialog } from '../ui/Dialog';
import type { Made } from '../ui/ShownOnce';
import { toast } from '../ui/toast';
import type { Phone } from './extensionData';

export type BulkKind = 'renew' | 'permit' | 'delete';

interface Props {
	kind: BulkKind;
	phones: Phone[];
	/** More than so many are not deleted by one click. */
	typedAbove: number;
	onDone: (made?: Made[]) => void;
	onClose: () => void;
}

function Permit({ phones, onDone, onClose }: Pick<Props, 'phones' | 'onDone' | 'onClose'>) {
	const [text, setText] = useState(''), [error, setError] = useState(''), [busy, setBusy] = useState(false);

	async function save(): Promise<void> {
		const permit_ip = text.split(/[\s,;]+/).filter(Boolean).join(';');

		setBusy(true);
		try {
			await applyRows('sipd', 'extension', phones.map(p => ({ op: 'put', key: p.number, row: { permit_ip } })));
			toast(tn('ext.permitted', phones.length));
			onDone();
		} catch (e) {
			setError(asError(e).message);
			setBusy(false);
		}
	}

	return <Dialog title={tn('ext.permit.title', phones.length)} onClose={onClose} onSubmit={() => { void save(); }} footer={close => <>
		<button type="button" onClick={close}>{t('cancel')}</button>
		<button class="primary" disabled={busy}>{t(busy ? 'saving' : 'save')}</button>
	</>}>
		{error && <Alert>{error}</Alert>}
		<div class="field">
			<label for="bulk-permit">{t('ext.permit')}</label>
			<div class="help" id="bulk-permit-h">{t('ext.permit.help')}</div>
			<textarea id="bulk-permit" class="mono" rows={3} spellcheck={false} aria-describedby="bulk-permit-h" value={text}
				onInput={e => setText(e.currentTarget.value)} />
		</div>
	</Dialog>;
}

export function BulkDialog({ kind, phones, typedAbove, onDone, onClose }: Props) {
	const n = phones.length;

	if (kind === 'permit')
		return <Permit phones={phones} onDone={onDone} onClose={onClose} />;
	if (kind === 'delete')
		return <Confirm danger title={tn('ext.deletes', n)} text={t('ext.deletes.text')} action={t('delete')}
			typed={n > typedAbove ? String(n) : undefined} onClose={onClose} onYes={async () => {
				await applyRows('sipd', 'extension', phones.map(p => ({ op: 'delete', key: p.number })));
				toast(tn('ext.deleted', n));
				onDone();
			}} />;
	return <Confirm title={tn('ext.renews', n)} text={t('ext.renew.text')} action={t('ext.renew.do')} onClose={onClose} onYes={async () => {
		const s = await applyRows('sipd', 'extension', phones.map(p => ({ op: 'put', key: p.number, row: { secret: '' } })));

		onDone(phones.map(p => ({ who: p.number, name: p.name, secret: s.made[p.number]?.['secret'] ?? '' })));
	}} />;
}
