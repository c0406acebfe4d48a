// Shutting an address out by hand.
import { useState } from 'preact/hooks';
import { api, asError } from '../api';
import { duration, enumText, t } from '../text';
import { Alert } from '../ui/bits';
import { Dialog } from '../ui/Dialog';
import { toast } from '../ui/toast';

const SERVICES = ['sip', 'iax2', 'https', 'ssh', 'ami'];
const SPANS = [600, 3600, 86400, 604800, 0];

export function RejectDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
	const [source, setSource] = useState(''), [service, setService] = useState('sip'), [seconds, setSeconds] = useState(3600);
	const [error, setError] = useState<{ field?: string; text: string } | null>(null), [busy, setBusy] = useState(false);
	const wrong = error?.field === 'source' ? error.text : '';

	async function save(): Promise<void> {
		setBusy(true);
		try {
			await api('POST', '/methods/guardd/Reject', { source: source.trim(), service, seconds });
			toast(t('rejected.added', { source: source.trim() }));
			onDone();
			onClose();
		} catch (e) {
			const err = asError(e);

			setError({ field: err.field, text: err.message });
			setBusy(false);
		}
	}

	return <Dialog title={t('rejected.add')} onClose={onClose} onSubmit={() => { void save(); }} footer={close => <>
		<button type="button" onClick={close}>{t('cancel')}</button>
		<button class="primary" disabled={busy || !source.trim()}>{t('rejected.add.do')}</button>
	</>}>
		{error && !wrong && <Alert>{error.text}</Alert>}
		<div class="field">
			<label for="rej-source">{t('rejected.source')}</label>
			<input id="rej-source" class="mono" autocomplete="off" spellcheck={false} value={source} aria-invalid={wrong ? true : undefined}
				aria-describedby={wrong ? 'rej-source-e' : undefined} onInput={e => { setSource(e.currentTarget.value); setError(null); }} />
			{wrong && <div class="err" id="rej-source-e">{wrong}</div>}
		</div>
		<div class="field">
			<label for="rej-service">{t('rejected.service')}</label>
			<select id="rej-service" value={service} onChange={e => setService(e.currentTarget.value)}>
				{SERVICES.map(s => <option key={s} value={s}>{enumText(s)}</option>)}
			</select>
		</div>
		<div class="field">
			<label for="rej-span">{t('rejected.span')}</label>
			<select id="rej-span" value={seconds} onChange={e => setSeconds(Number(e.currentTarget.value))}>
				{SPANS.map(s => <option key={s} value={s}>{s ? duration(s) : t('rejected.ever')}</option>)}
			</select>
		</div>
	</Dialog>;
}
